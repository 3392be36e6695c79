using System;
using BenchmarkDotNet.Attributes;
using Winnow.Kernels.Attention;
using Winnow.Kernels.Bench.Cache;
using Winnow.Kernels.Cache;

namespace Winnow.Kernels.Bench.Attention;

/// <summary>Decode (one query) and a prompt's chunk (512 queries) over 32 query heads and 8 KV heads of 128, as in an 8B model.</summary>
public class AttentionBench : PagedCacheBench
{
    private const int Heads = 32;
    private PagedKv _cache;
    private RaggedBatch _batch;
    private Tensor _queries;
    private Tensor _output;

    [Params(1, 512)]
    public int Tokens { get; set; }

    [Params(512, 4096)]
    public int Slots { get; set; }

    /// <inheritdoc/>
    public override Cost Cost
    {
        get
        {
            // Causal: the first of the chunk's tokens sees all but the others, the last sees everything.
            double seen = Slots - ((Tokens - 1) / 2.0);
            return new Cost(8.0 * ((Slots * KvHeads) + (Tokens * Heads)) * HeadDim, 4.0 * Tokens * seen * Heads * HeadDim, Threads);
        }
    }

    [Benchmark]
    public void Forward() => Device.Attention.Forward(
        _output, _queries, _cache, _batch, new AttentionArguments { Layer = 0, Scale = 1 / MathF.Sqrt(HeadDim) });

    /// <inheritdoc/>
    protected override void Allocate()
    {
        _cache = MakeCache(Slots);
        _batch = MakeBatch(Slots, Tokens);
        _queries = Random(new Shape(Tokens, Heads * HeadDim));
        _output = New(DType.F32, new Shape(Tokens, Heads * HeadDim));
    }
}
