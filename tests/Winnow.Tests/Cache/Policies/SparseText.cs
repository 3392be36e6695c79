using System;
using System.Collections.Generic;
using System.Linq;
using Winnow.Cache;
using Winnow.Cache.Policies;
using Winnow.Kernels;
using Winnow.Kernels.Attention;
using Winnow.Kernels.Cache;
using Winnow.Models;

namespace Winnow.Tests.Cache.Policies;

/// <summary>
/// Texts of random keys, values and queries in a cache, and a sparse reader that reads them step by step, as a decoder has it do: all layers of some tokens at a time.
/// </summary>
internal sealed class SparseText : IDisposable
{
    public const int KvHeads = 2;
    public const int Group = 2;
    public const int Heads = KvHeads * Group;
    public const int HeadDim = 16;
    public const float Scale = 0.5f;

    private readonly ComputeDevice _device;
    private readonly SparseReader _reader;
    private readonly int[] _windows;
    private readonly float[][][] _keys;
    private readonly float[][][] _values;
    private readonly float[][][] _queries;
    private readonly List<KvSequence> _sequences;

    /// <param name="device">The device.</param>
    /// <param name="policy">What chooses.</param>
    /// <param name="windows">The window of each layer, 0 for none.</param>
    /// <param name="tokens">The tokens that each text will have.</param>
    public SparseText(ComputeDevice device, SparseReadPolicy policy, int[] windows, params int[] tokens)
    {
        (_device, _windows) = (device, windows);
        Cache = new KvCache(device, new KvCacheOptions
        {
            Layers = windows.Length,
            KvHeads = KvHeads,
            HeadDim = HeadDim,
            Pages = 3 * windows.Length * KvHeads * tokens.Sum(KvCache.PagesFor),
            MaxSequences = 2 * tokens.Length,
            MaxTokens = tokens.Max(),
            Attributes = policy.Planes,
        });
        ModelConfig config = PolicyHarness.Config with { Layers = windows.Length, KvHeads = KvHeads, Heads = Heads, HeadDim = HeadDim, AttentionScale = Scale };
        _reader = policy.CreateReader(device, config, Cache, tokens.Length, tokens.Sum());
        _sequences = [.. tokens.Select(_ => Cache.CreateSequence())];
        var random = new Random(3);
        float[][][] Numbers(int columns) => [.. windows.Select(_ => tokens.Select(count => Normal(random, count * columns)).ToArray())];
        (_keys, _values, _queries) = (Numbers(KvHeads * HeadDim), Numbers(KvHeads * HeadDim), Numbers(Heads * HeadDim));
    }

    public KvCache Cache { get; }

    /// <summary>The sequences, in the order of the texts; another one may take a place.</summary>
    public IList<KvSequence> Sequences => _sequences;

    /// <summary>The next tokens of each text through all layers; what attention gives, [layer][text][tokens * heads * headDim].</summary>
    public float[][][] Step(params int[] counts)
    {
        KvSequence[] sequences = [.. _sequences];
        foreach ((KvSequence sequence, int count) in sequences.Zip(counts))
        {
            if (!Cache.TryReserve(sequence, count))
            {
                throw new InvalidOperationException("The pool of the test is too small.");
            }
        }

        bool decodes = counts.All(count => count == 1);
        _reader.Prepare(sequences, decodes);
        using var step = new DeviceTensors(_device);
        RaggedBatch batch = new()
        {
            Rows = step.Of([.. sequences.Select(sequence => sequence.Row)]),
            Starts = step.Of([0, .. counts.Select((_, s) => counts.Take(s + 1).Sum())]),
            Positions = step.Of([.. counts.SelectMany((count, s) => Enumerable.Range(sequences[s].Length, count))]),
        };
        _reader.Begin();
        float[][][] outputs = [.. _windows.Select((_, layer) => Attend(step, batch, layer, counts))];
        foreach ((KvSequence sequence, int count) in sequences.Zip(counts))
        {
            Cache.Advance(sequence, count);
        }

        return outputs;
    }

    /// <summary>The scores of a token of a text for every slot up to it, before the softmax.</summary>
    public double[] Scores(int layer, int text, int head, int token) => [.. Enumerable.Range(0, token + 1).Select(slot =>
        _windows[layer] > 0 && slot <= token - _windows[layer] ? double.NegativeInfinity : Scale * Enumerable.Range(0, HeadDim).Sum(c =>
            (double)_queries[layer][text][(((token * Heads) + head) * HeadDim) + c] * _keys[layer][text][(((slot * KvHeads) + (head / Group)) * HeadDim) + c]))];

    /// <summary>What weights of slots make of their values.</summary>
    public double[] Mix(int layer, int text, int head, double[] weights) => [.. Enumerable.Range(0, HeadDim).Select(c =>
        weights.Select((weight, slot) => weight * _values[layer][text][(((slot * KvHeads) + (head / Group)) * HeadDim) + c]).Sum())];

    public void Dispose()
    {
        _reader.Dispose();
        Cache.Dispose();
    }

    private static float[] Normal(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ =>
        (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble())))];

    private float[][] Attend(DeviceTensors step, RaggedBatch batch, int layer, int[] counts)
    {
        Tensor Part(float[][] texts, int columns) => step.Of(
            [.. texts.SelectMany((text, s) => text.Skip(_sequences[s].Length * columns).Take(counts[s] * columns))], columns);
        _device.Cache.Append(Cache.Device, batch, layer, Part(_keys[layer], KvHeads * HeadDim), Part(_values[layer], KvHeads * HeadDim), Cache.Norms);
        Tensor output = step.Of(new float[counts.Sum() * Heads * HeadDim], Heads * HeadDim);
        _reader.Attend(new SparseLayer
        {
            Output = output,
            Queries = Part(_queries[layer], Heads * HeadDim),
            Cache = Cache.Device,
            Batch = batch,
            Arguments = new AttentionArguments { Layer = layer, Scale = Scale, Window = _windows[layer] },
        });
        float[] all = new float[output.Shape.ElementCount];
        _device.Download(output, all.AsSpan());
        return [.. counts.Select((count, s) => all.Skip(counts.Take(s).Sum() * Heads * HeadDim).Take(count * Heads * HeadDim).ToArray())];
    }

    /// <summary>Tensors that go with a step.</summary>
    private sealed class DeviceTensors(ComputeDevice device) : IDisposable
    {
        private readonly List<DeviceBuffer> _buffers = [];

        public Tensor Of(int[] values) => Of<int>(DType.I32, values, new Shape(values.Length));

        public Tensor Of(float[] values, int columns) => Of<float>(DType.F32, values, new Shape(values.Length / columns, columns));

        public void Dispose() => _buffers.ForEach(buffer => buffer.Dispose());

        private Tensor Of<T>(DType type, T[] values, Shape shape)
            where T : unmanaged
        {
            Tensor tensor = device.AllocateTensor(type, shape);
            _buffers.Add(tensor.Buffer);
            device.Upload<T>(tensor, values);
            return tensor;
        }
    }
}
