using System;
using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;
using Winnow.Cache;
using Winnow.Cache.Policies;
using Winnow.Kernels;
using Winnow.Kernels.Attention;
using Winnow.Kernels.Cache;
using Winnow.Models;

namespace Winnow.Tests.Cache.Policies;

/// <summary>
/// A cache, a sequence and a policy, and steps as a decoder makes them, but of numbers of the test's choosing: keys and values are appended, attention
/// runs with the signals that the policy asks for, the policy evicts. Before and after, the whole cache is read back and compared with a reference.
/// </summary>
internal sealed class PolicyHarness : IDisposable
{
    public const int Layers = 2;
    public const int KvHeads = 2;
    public const int Group = 2;
    public const int HeadDim = 8;
    public const int Hidden = 16;

    private const int Heads = KvHeads * Group;
    private const int MaxTokens = 208;

    private readonly ComputeDevice _device;
    private readonly KvPolicy _policy;
    private readonly IPolicyReference? _reference;
    private readonly PolicyScenario _scenario;
    private readonly Random _random;
    private readonly List<int> _tokens = [];
    private readonly List<DeviceBuffer> _step = [];
    private readonly Tensor _inverse;
    private readonly IReadOnlyList<LayerWeights> _weights;
    private int _decodeSteps;

    public PolicyHarness(
        ComputeDevice device, KvPolicy policy, IPolicyReference? reference = null, PolicyScenario scenario = PolicyScenario.Random, int seed = 1, ModelConfig? config = null, IReadOnlyList<LayerWeights>? weights = null)
    {
        (_device, _policy, _reference, _scenario, _random) = (device, policy, reference, scenario, new Random(seed));
        Cache = new KvCache(device, new KvCacheOptions
        {
            Layers = Layers,
            KvHeads = KvHeads,
            HeadDim = HeadDim,
            Pages = 3 * Layers * KvHeads * KvCache.PagesFor(MaxTokens),
            MaxSequences = 3,
            MaxTokens = MaxTokens,
            Attributes = policy.Planes,
        });
        _inverse = device.AllocateTensor(DType.F32, new Shape(HeadDim / 2));
        device.Upload<float>(_inverse, [.. Enumerable.Range(0, HeadDim / 2).Select(i => (float)Math.Pow(10000, -2.0 * i / HeadDim))]);
        _weights = weights ?? PolicyWeights.Upload(device);
        Evictor = new KvEvictor(device, Cache, new KvModel(config ?? Config, _inverse, default, _weights));
        Sequence = Cache.CreateSequence(policy);
    }

    public static ModelConfig Config { get; } = new()
    {
        Family = ModelFamily.Llama,
        Architecture = "test",
        Layers = Layers,
        Hidden = Hidden,
        Heads = Heads,
        KvHeads = KvHeads,
        HeadDim = HeadDim,
        Ffn = 16,
        Vocab = 64,
        ContextTokens = MaxTokens,
        Rope = new RopeConfig { Base = 10000, RotaryDims = HeadDim },
        AttentionScale = 1 / MathF.Sqrt(HeadDim),
    };

    public KvCache Cache { get; }

    public KvEvictor Evictor { get; }

    public KvSequence Sequence { get; set; }

    /// <summary>What the token ids are; by default any below 64.</summary>
    public Func<int, int> TokenAt { get; init; } = position => (position * 7) % 64;

    /// <summary>Told about every step: what the policy saw, and what is left.</summary>
    public Action<PolicyView, IReadOnlyList<IReadOnlyList<SlotView>>>? AfterStep { get; set; }

    /// <summary>Takes what attention gave in each layer of each step.</summary>
    public List<float[]>? Outputs { get; set; }

    /// <summary>A prompt in chunks and then tokens one by one.</summary>
    public void Run(IReadOnlyList<int> chunks, int decoded)
    {
        for (int i = 0; i < chunks.Count; i++)
        {
            Step(chunks[i], i < chunks.Count - 1 ? KvMoment.Chunk : KvMoment.PrefillEnd);
        }

        for (int i = 0; i < decoded; i++)
        {
            Step(1, KvMoment.Decode);
        }
    }

    /// <summary>One step, compared with the reference and with what holds for every policy.</summary>
    public void Step(int tokens, KvMoment moment)
    {
        Assert.That(Cache.TryReserve(Sequence, tokens), Is.True);
        Evictor.Prepare(Sequence);
        (List<float[]> queries, List<float[]> inputs) = Compute(tokens, moment);
        for (int i = 0; i < tokens; i++)
        {
            _tokens.Add(TokenAt(_tokens.Count));
        }

        Cache.Advance(Sequence, tokens);
        _decodeSteps += moment == KvMoment.Decode ? 1 : 0;
        IReadOnlyList<IReadOnlyList<SlotView>> before = Read(Sequence);
        Evictor.AfterStep(Sequence, _tokens, tokens, moment);
        Compare(before, new PolicyView
        {
            Rows = before,
            Layers = Layers,
            KvHeads = KvHeads,
            Group = Group,
            Slots = Math.Max(_policy.LeastSlots, _policy.Budget.SlotsFor(_tokens.Count, Layers * KvHeads, Cache.BytesOfPage)),
            Moment = moment,
            Tokens = [.. _tokens],
            NewTokens = tokens,
            DecodeSteps = _decodeSteps,
            Queries = queries,
            Inputs = inputs,
        });
        _step.ForEach(buffer => buffer.Dispose());
        _step.Clear();
    }

    /// <summary>The slots of each row of a sequence.</summary>
    public IReadOnlyList<IReadOnlyList<SlotView>> Read(KvSequence sequence) => CacheReader.Read(_device, Cache, sequence);

    public void Dispose()
    {
        Evictor.Dispose();
        Cache.Dispose();
        _inverse.Release();
        foreach (LayerWeights layer in _weights)
        {
            layer.Query.Release();
            layer.Output.Release();
        }
    }

    private (List<float[]> Queries, List<float[]> Inputs) Compute(int tokens, KvMoment moment)
    {
        RaggedBatch batch = Batch(tokens);
        bool observes = (_policy.Observes & moment) != 0;
        SignalKinds kinds = observes ? SignalPlanes.Of(_policy.Planes) : SignalKinds.None;
        (List<float[]> queries, List<float[]> inputs) = ([], []);
        for (int layer = 0; layer < Layers; layer++)
        {
            queries.Add(Vectors(tokens, Heads * HeadDim));
            inputs.Add(Vectors(tokens, Hidden));
            Tensor query = Upload(queries[^1], tokens);
            if (observes && _policy.Watches)
            {
                _policy.Watch(new KvLayer
                {
                    Device = _device,
                    Layer = layer,
                    Input = Upload(inputs[^1], tokens),
                    Queries = query,
                    Positions = batch.Positions,
                    State = Sequence.State,
                });
            }

            Tensor keys = Upload(Vectors(tokens, KvHeads * HeadDim), tokens);
            float[] plain = _policy.Positions == KvPositions.Original ? Vectors(tokens, KvHeads * HeadDim) : [.. Enumerable.Range(0, tokens * KvHeads * HeadDim).Select(_ => Normal())];
            Tensor values = Upload(plain, tokens);
            _device.Cache.Append(Cache.Device, batch, layer, keys, values, Cache.Norms);
            Tensor output = Allocate(DType.F32, new Shape(tokens, Heads * HeadDim));
            _device.Attention.Forward(output, query, Cache.Device, batch, new AttentionArguments
            {
                Layer = layer,
                Scale = Config.AttentionScale,
                Signals = SignalPlanes.SignalsOf(Cache, kinds, _policy.WindowTokens, _policy.HitThreshold),
            });
            if (Outputs is not null)
            {
                Outputs.Add(new float[tokens * Heads * HeadDim]);
                _device.Download(output, Outputs[^1].AsSpan());
            }
        }

        return (queries, inputs);
    }

    private RaggedBatch Batch(int tokens)
    {
        Tensor rows = Allocate(DType.I32, new Shape(1));
        Tensor starts = Allocate(DType.I32, new Shape(2));
        Tensor positions = Allocate(DType.I32, new Shape(tokens));
        _device.Upload<int>(rows, [Sequence.Row]);
        _device.Upload<int>(starts, [0, tokens]);
        _device.Upload<int>(positions, [.. Enumerable.Range(Sequence.Length, tokens)]);
        return new RaggedBatch { Rows = rows, Starts = starts, Positions = positions };
    }

    private float[] Vectors(int rows, int columns) => [.. Enumerable.Range(0, rows).SelectMany(row => _scenario switch
    {
        PolicyScenario.Equal => Enumerable.Repeat(0.25f, columns),
        PolicyScenario.Repeated => Enumerable.Range(0, columns).Select(c => (((c * 5) + (_tokens.Count + row) % 3) % 4) * 0.5f - 0.75f),
        PolicyScenario.Extreme => Enumerable.Range(0, columns).Select(_ => 30 * Normal()),
        _ => Enumerable.Range(0, columns).Select(_ => Normal()),
    })];

    private float Normal() => (float)(Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble()));

    private Tensor Upload(float[] values, int rows)
    {
        Tensor tensor = Allocate(DType.F32, new Shape(rows, values.Length / rows));
        _device.Upload<float>(tensor, values);
        return tensor;
    }

    private Tensor Allocate(DType type, Shape shape)
    {
        Tensor tensor = _device.AllocateTensor(type, shape);
        _step.Add(tensor.Buffer);
        return tensor;
    }

    private void Compare(IReadOnlyList<IReadOnlyList<SlotView>> before, PolicyView view)
    {
        IReadOnlyList<IReadOnlyList<SlotView>> after = Read(Sequence);
        PolicyChecks.Survives(_policy, before, after, view);
        PolicyChecks.Pages(Cache, Sequence, after);
        AfterStep?.Invoke(view, after);
        if (_reference is null)
        {
            return;
        }

        _reference.Observe(view);
        bool isDue = (_policy.Evicts & view.Moment) != 0
            && (view.Moment != KvMoment.Decode || _decodeSteps % Math.Max(1, _policy.Interval) == 0)
            && Enumerable.Range(0, Layers).Any(layer => before.Skip(layer * KvHeads).Take(KvHeads).Sum(row => row.Count)
                > KvHeads * Math.Max(_policy.LeastSlots, _reference.SlotsOf(view, layer)));
        IReadOnlyList<RowDecision> expected = isDue ? _reference.Decide(view) : [.. before.Select(row => RowDecision.All(row.Count))];
        for (int row = 0; row < before.Count; row++)
        {
            PolicyChecks.Decision(_policy, before[row], after[row], expected[row], $"{_policy} at {view.Length} tokens, {view.Moment}, row {row}");
        }
    }
}
