using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Threading;
using Microsoft.Extensions.Logging.Abstractions;
using Winnow.Bench.Devices;
using Winnow.Cache;
using Winnow.Cache.Policies;
using Winnow.Engine;
using Winnow.Kernels;
using Winnow.Models;

namespace Winnow.Bench.Cache.Policies;

/// <summary>A model, a sequence of so many random slots and a policy for them, step by step.</summary>
internal sealed class PolicySubject : IDisposable
{
    private const int ChunkTokens = 512;
    private const int SpareTokens = 2048;
    private const int Token = 1000;
    private const int SeparatorEvery = 3;

    private readonly TimedDevice _device;
    private readonly KvPolicy? _policy;
    private readonly EngineParts _parts;
    private readonly KvSequence _sequence;
    private readonly int _separator;
    private readonly int _kept;
    private readonly List<int> _tokens = [];
    private readonly Random _random = new(1);
    private readonly Action _evict;

    public PolicySubject(TimedDevice device, CachePolicy policy, int slots)
    {
        (_device, _policy) = (device, policy is KvPolicy evicting and not NonePolicy ? new TimedPolicy(evicting, device) : null);
        _parts = Load(device, slots + SpareTokens, _policy, policy is SparseReadPolicy sparse ? new TimedReadPolicy(sparse, device) : null);
        _sequence = _parts.Cache.CreateSequence(_policy);
        _evict = () => _parts.Evictor.AfterStep(_sequence, _tokens, 1, KvMoment.Decode);
        _separator = SeparatorTokens.Of(_parts.Files.Tokenizer, _parts.Decoder.Vocabulary).First();
        _parts.Evictor.Prepare(_sequence);
        Append(slots, KvMoment.Chunk);
        FillPlanes();
        (Every, _kept) = (1, slots);
        if (_policy is not null)
        {
            bool decodes = (_policy.Evicts & KvMoment.Decode) != 0;
            Every = decodes ? Math.Max(1, _policy.Interval) : 0;
            Step(isDue: decodes);

            // Some let more slots leave than they have to, and have peace for as many steps.
            _kept = _parts.Cache.MostSlots(_sequence);
            Every *= decodes ? Math.Max(1, (slots - _kept + Every) / Every) : 1;
        }
    }

    /// <summary>Whether the policy chooses what a step reads.</summary>
    public bool ReadsSparsely => _parts.SparseRead is not null;

    /// <summary>Steps between two evictions; 0 where slots leave in prompts only.</summary>
    public int Every { get; }

    /// <summary>The milliseconds of one step, or of one that evicts.</summary>
    public double Step(bool isDue)
    {
        _device.IsTiming = false;
        MakeDue(isDue);
        return Run(inParts: false);
    }

    /// <summary>Where the time of such a step goes; it takes longer as a whole.</summary>
    public StepTimes Parts(bool isDue)
    {
        _device.IsTiming = true;
        MakeDue(isDue);
        _device.Times.Clear();
        Run(inParts: true);
        _device.IsTiming = false;
        return _device.Times;
    }

    /// <summary>Where the time of an eviction at the end of a prompt goes.</summary>
    public StepTimes EndOfPrompt()
    {
        Append(ChunkTokens, KvMoment.None);
        _device.IsTiming = true;
        _device.Times.Clear();
        _parts.Evictor.AfterStep(_sequence, _tokens, ChunkTokens, KvMoment.PrefillEnd);
        _device.Synchronize();
        _device.IsTiming = false;
        return _device.Times;
    }

    public void Dispose() => _parts.Dispose();

    private static EngineParts Load(TimedDevice device, int capacity, KvPolicy? policy, SparseReadPolicy? sparse)
    {
        using ModelFiles files = BenchModel.Open();
        ModelConfig config = files.Config;
        DType type = device.UsualKvType(DType.F16);
        long pages = (long)config.Layers * config.KvHeads * KvCache.PagesFor(capacity);
        var options = new EngineOptions
        {
            Device = device,
            KvPolicy = policy,
            SparseRead = sparse,
            ContextTokens = 2 * capacity,
            MaxSequences = 1,
            KvCacheType = type,
            KvCacheBytes = pages * KvCache.PageBytes(config.HeadDim, type, (policy?.Planes ?? sparse?.Planes)?.Count ?? 0),
        };
        return EngineLoader.Load(BenchModel.Open, options, NullLogger.Instance, null, CancellationToken.None);
    }

    private double Run(bool inParts)
    {
        _tokens.Add(Token);
        Reserve(1);
        _device.Synchronize();
        long start = Stopwatch.GetTimestamp();
        _parts.Batch.Clear();
        _parts.Batch.Add(_sequence, [Token], LogitRows.Last);
        _parts.Batch.Observe(KvMoment.Decode);

        // Where hidden rows are asked for a step is issued operation by operation, not replayed.
        _parts.Decoder.Forward(_parts.Cache, _parts.Batch, keepHidden: inParts, _evict);
        _device.Synchronize();
        _device.Times.Total = Stopwatch.GetTimestamp() - start;
        return StepTimes.Milliseconds(_device.Times.Total);
    }

    // An eviction that is due finds as many slots as come together between two, and the policy has seen them come.
    private void MakeDue(bool isDue)
    {
        _sequence.DecodeSteps = 0;
        if (isDue && Every > 1)
        {
            Append(_kept + Every - 1 - _parts.Cache.MostSlots(_sequence), KvMoment.Decode);
            _sequence.DecodeSteps = Every - 1;
        }
    }

    private void Reserve(int tokens)
    {
        if (!_parts.Cache.TryReserve(_sequence, tokens))
        {
            throw new InvalidOperationException($"The cache of the benchmark has no room for {tokens} more tokens of {_policy}.");
        }
    }

    // Random keys and values, as if earlier steps had left them; the policy sees them come.
    private void Append(int tokens, KvMoment moment)
    {
        ModelConfig config = _parts.Files.Config;
        for (int done = 0; done < tokens;)
        {
            int count = Math.Min(ChunkTokens, tokens - done);
            Reserve(count);
            using var chunk = new RandomTokens(_device, _random, config, _sequence, count);
            for (int layer = 0; layer < config.Layers; layer++)
            {
                if (_policy?.Watches == true)
                {
                    _policy.Watch(chunk.Layer(layer, _sequence.State));
                }

                _device.Cache.Append(_parts.Cache.Device, chunk.Batch, layer, chunk.Keys, chunk.Values, _parts.Cache.Norms);
            }

            _device.Synchronize();
            _parts.Cache.Advance(_sequence, count);
            _tokens.AddRange(Enumerable.Range(0, count).Select(i => i % SeparatorEvery == 0 ? _separator : Token));
            _parts.Evictor.AfterStep(_sequence, _tokens, count, moment);
            _sequence.DecodeSteps = 0;
            done += count;
        }
    }

    private void FillPlanes()
    {
        foreach (string plane in _parts.Cache.Options.Attributes.Where(name => SignalPlanes.Any([name])))
        {
            Tensor tensor = _parts.Cache.Attribute(plane);
            float[] values = new float[tensor.Shape.ElementCount];
            foreach (ref float value in values.AsSpan())
            {
                value = _random.NextSingle();
            }

            _device.Upload<float>(tensor, values);
        }
    }
}
