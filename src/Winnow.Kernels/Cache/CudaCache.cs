using System;
using System.Collections.Generic;
using Winnow.Gpu;
using Winnow.Kernels.Norm;

namespace Winnow.Kernels.Cache;

/// <summary>The paged cache in a GPU's memory; <c>kernels/cache</c> holds the kernels.</summary>
internal sealed partial class CudaCache : ICache, IDisposable
{
    // Blocks of one launch in its second and third dimension.
    private const int MostSequences = 65_535;
    private const int AppendThreads = 128;

    // Enough to fill any GPU; more would only queue for the ticket.
    private const int MostBlocks = 4096;

    private readonly CudaContext _context;
    private readonly KernelVariants<AppendKey> _appends;
    private readonly KernelVariants<MoveKey> _moves;
    private readonly KernelVariants<SlotKey> _slots;
    private nint _tickets;

    /// <param name="context">The device.</param>
    public CudaCache(CudaContext context)
    {
        _context = context;
        _appends = new KernelVariants<AppendKey>(context, Describe);
        _moves = new KernelVariants<MoveKey>(context, Describe);
        _slots = new KernelVariants<SlotKey>(context, Describe);

        // Kernels leave the tickets as they find them, at 0, so that no recorded step has to reset them.
        const long TicketBytes = MostSequences * sizeof(uint);
        _tickets = context.Driver.Allocate(TicketBytes);
        context.Driver.Fill(_tickets, 0, TicketBytes, context.Stream);
    }

    /// <summary>Variants of every kind, as models ask for them.</summary>
    public static IEnumerable<KernelVariant> Shipped()
    {
        var plain = new AppendKey(128, 0, RopeLayout.HalfSplit, false, false, false, DType.BF16, true);
        yield return Describe(plain);
        yield return Describe(plain with { Pairs = 64, QueryNorm = true, KeyNorm = true });
        yield return Describe(plain with { Pairs = 64, Layout = RopeLayout.Interleaved, SlotNorms = true, Type = DType.F16 });
        yield return Describe(plain with { HeadDim = 256, Pairs = 128, QueryNorm = true, KeyNorm = true, SlotNorms = true, Aligned = false });
        yield return Describe(plain with { HeadDim = 8, Pairs = 4, Layout = RopeLayout.Interleaved, Type = DType.F32 });
        yield return Describe(plain with { HeadDim = 80, Pairs = 20, SlotNorms = true });
        foreach (MoveKind kind in Enum.GetValues<MoveKind>())
        {
            yield return Describe(new MoveKey(kind, 16, kind == MoveKind.Pages ? 0 : 16));
            yield return Describe(new MoveKey(kind, 2, kind == MoveKind.Pages ? 0 : 45));
        }

        yield return Describe(new SlotKey(SlotKind.Gather));
        yield return Describe(new SlotKey(SlotKind.Scatter));
        yield return Describe(new SlotKey(SlotKind.Vectors, DType.BF16, 32, 4));
        yield return Describe(new SlotKey(SlotKind.Vectors, DType.F16, 15, 1));
        yield return Describe(new SlotKey(SlotKind.Rerotate, DType.BF16, Vector: 2));
        yield return Describe(new SlotKey(SlotKind.Rerotate, DType.F32, Vector: 1, Layout: RopeLayout.Interleaved));
    }

    /// <inheritdoc/>
    public void Append(in PagedKv cache, in RaggedBatch batch, int layer, Tensor keys, Tensor values, in SlotNorms norms = default)
    {
        (_, int headDim) = CacheChecks.Append(cache, batch, layer, keys, values, norms);
        CudaAppendArguments arguments = Arguments(cache, batch, layer, keys, values, norms);
        Launch(arguments, batch, new AppendKey(headDim, 0, RopeLayout.HalfSplit, false, false, norms.Any, cache.Keys.Type, IsAligned(arguments)));
    }

    /// <inheritdoc/>
    public void AppendRotated(
        in PagedKv cache, in RaggedBatch batch, int layer, Tensor queries, Tensor keys, Tensor values, in Rotation rotation, in SlotNorms norms = default)
    {
        (int kvHeads, int headDim) = CacheChecks.Append(cache, batch, layer, keys, values, norms);
        CacheChecks.Rotation(batch, kvHeads, headDim, queries, keys, rotation);
        CudaAppendArguments arguments = Arguments(cache, batch, layer, keys, values, norms);
        arguments.Queries = queries.Address;
        arguments.Heads = (int)(queries.Shape[1] / headDim);
        arguments.Table = rotation.Table.Address;
        arguments.QueryNorm = rotation.QueryNorm.IsEmpty ? 0 : rotation.QueryNorm.Address;
        arguments.KeyNorm = rotation.KeyNorm.IsEmpty ? 0 : rotation.KeyNorm.Address;
        arguments.Epsilon = rotation.Epsilon;
        var key = new AppendKey(
            headDim,
            (int)rotation.Table.Shape[1],
            rotation.Layout,
            arguments.QueryNorm != 0,
            arguments.KeyNorm != 0,
            norms.Any,
            cache.Keys.Type,
            IsAligned(arguments));
        Launch(arguments, batch, key);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_tickets != 0)
        {
            _context.Driver.Free(_tickets);
            _tickets = 0;
        }
    }

    private static bool IsAligned(in CudaAppendArguments a) =>
        ((a.Cache.Keys | a.Cache.Values | a.Queries | a.Keys | a.Values | a.Table | a.QueryNorm | a.KeyNorm) & 15) == 0;

    private static string Flag(string name, bool value) => value ? $"{name}=1" : $"{name}=0";

    private static KernelVariant Describe(AppendKey key) => new(
        "cache/append.cu",
        "winnow_cache_append",
        0,
        $"HEAD_DIM={key.HeadDim}",
        $"PAIRS={key.Pairs}",
        $"INTERLEAVED={(int)key.Layout}",
        Flag("QUERY_NORM", key.QueryNorm),
        Flag("KEY_NORM", key.KeyNorm),
        Flag("SLOT_NORMS", key.SlotNorms),
        $"TYPE={(int)key.Type}",
        Flag("ALIGNED", key.Aligned));

    private CudaAppendArguments Arguments(in PagedKv cache, in RaggedBatch batch, int layer, Tensor keys, Tensor values, in SlotNorms norms) => new()
    {
        Cache = new CudaPagedKv(cache),
        Keys = keys.Address,
        Values = values.Address,
        Rows = batch.Rows.Address,
        Starts = batch.Starts.Address,
        Positions = batch.Positions.Address,
        Tickets = _tickets,
        Layer = layer,
        KeyL1 = norms.KeyL1 ?? -1,
        KeyL2 = norms.KeyL2 ?? -1,
        ValueL1 = norms.ValueL1 ?? -1,
        ValueL2 = norms.ValueL2 ?? -1,
    };

    private void Launch(in CudaAppendArguments arguments, in RaggedBatch batch, AppendKey key)
    {
        HeadShape shape = HeadShape.For(key.HeadDim, key.Pairs, key.Layout);
        int sequences = batch.Sequences;
        Operands.Require(sequences <= MostSequences, $"A step takes {MostSequences} sequences at most, not {sequences}.", nameof(batch));
        if (sequences == 0 || batch.Tokens == 0)
        {
            return;
        }

        long items = (long)(batch.MostTokens == 0 ? batch.Tokens : batch.MostTokens) * (arguments.Heads + arguments.Cache.KvHeads);
        int perBlock = AppendThreads / shape.Lanes;
        ArgumentBlock block = new(stackalloc byte[CudaAppendArguments.Bytes]);
        block.Add(arguments);
        int blocks = (int)Math.Min(MostBlocks, (items + perBlock - 1) / perBlock);
        var grid = new LaunchShape(blocks, sequences, 1, AppendThreads);
        _context.Launch(_appends[key], grid, block);
    }

    private readonly record struct AppendKey(
        int HeadDim, int Pairs, RopeLayout Layout, bool QueryNorm, bool KeyNorm, bool SlotNorms, DType Type, bool Aligned);
}
