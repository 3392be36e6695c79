using System;
using System.Linq;
using Winnow.Cache;
using Winnow.Formats;
using Winnow.Kernels;
using Winnow.Models;

namespace Winnow.Tests.Models;

/// <summary>A decoder with a cache and a batch of its own, for tests that feed tokens and read logits.</summary>
internal sealed class TestDecoder : IDisposable
{
    private readonly ComputeDevice _device;

    public TestDecoder(TensorFile file, ModelConfig config, int threads = 2, int maxTokens = 64, int pages = 4096, DType kvType = DType.F32)
        : this(file, config, new CpuDevice(threads), maxTokens, pages, kvType)
    {
    }

    /// <summary>Takes the device over.</summary>
    public TestDecoder(TensorFile file, ModelConfig config, ComputeDevice device, int maxTokens = 64, int pages = 4096, DType kvType = DType.F32)
    {
        _device = device;
        int context = Math.Min(config.ContextTokens, 1024);
        Decoder = Decoder.Load(
            file,
            config,
            _device,
            new DecoderOptions { MaxTokens = maxTokens, MaxLogitRows = maxTokens, MaxHiddenRows = maxTokens, ContextTokens = context });
        Cache = new KvCache(_device, new KvCacheOptions
        {
            Layers = config.Layers,
            KvHeads = config.KvHeads,
            HeadDim = config.HeadDim,
            Pages = pages,
            MaxSequences = 8,
            MaxTokens = context,
            Type = kvType,
        });
        Batch = new StepBatch(_device, maxTokens, 8);
    }

    public Decoder Decoder { get; }

    public KvCache Cache { get; }

    public StepBatch Batch { get; }

    public ComputeDevice Device => _device;

    /// <summary>Feeds tokens in one step; returns the logits of every one of them.</summary>
    public float[][] Feed(KvSequence sequence, params ReadOnlySpan<int> tokens)
    {
        if (!Cache.TryReserve(sequence, tokens.Length))
        {
            throw new InvalidOperationException("The test's cache is too small.");
        }

        Batch.Clear();
        Batch.Add(sequence, tokens, LogitRows.All);
        Decoder.Forward(Cache, Batch);
        return [.. Enumerable.Range(0, tokens.Length).Select(i => Decoder.Logits(i).ToArray())];
    }

    public void Dispose()
    {
        Batch.Dispose();
        Cache.Dispose();
        Decoder.Dispose();
        _device.Dispose();
    }
}
