using System;
using Winnow.Kernels.Cache;

namespace Winnow.Kernels.Attention;

/// <summary>Checks shapes and types of the operands of attention, as every device can before it launches anything, and takes them apart.</summary>
internal static unsafe class AttentionChecks
{
    /// <summary>The largest head that kernels are made for.</summary>
    public const int MaxHeadDim = 256;

    /// <summary>The call as addresses and numbers; the tile size is still to be chosen.</summary>
    /// <exception cref="ArgumentException">An operand breaks a rule of <see cref="IAttention.Forward"/>.</exception>
    public static AttentionProblem Problem(Tensor output, Tensor queries, in PagedKv cache, in RaggedBatch batch, in AttentionArguments arguments)
    {
        (int kvHeads, int headDim) = CacheChecks.Cache(cache, arguments.Layer);
        CacheChecks.Batch(cache, batch);
        Operands.RequireMatrix(queries);
        int tokens = batch.Tokens;
        long columns = queries.Shape[1];
        RequireHeadDim(headDim, nameof(cache));
        Operands.Require(columns % ((long)headDim * kvHeads) == 0 && columns > 0, $"Queries of {columns} columns are no whole number of heads of {headDim} for {kvHeads} KV heads.", nameof(queries));
        Operands.Require(queries, DType.F32, tokens * columns);
        Operands.Require(output, DType.F32, tokens * columns);
        Reach(arguments, (int)cache.Counts.Shape[1]);
        var problem = new AttentionProblem
        {
            Output = (float*)output.Address,
            Queries = (float*)queries.Address,
            Keys = (byte*)cache.Keys.Address,
            Values = (byte*)cache.Values.Address,
            SlotPositions = (int*)cache.Positions.Address,
            PageTable = (int*)cache.PageTable.Address,
            Counts = (int*)cache.Counts.Address,
            Rows = (int*)batch.Rows.Address,
            Starts = (int*)batch.Starts.Address,
            Positions = (int*)batch.Positions.Address,
            Sequences = batch.Sequences,
            Tokens = tokens,
            Heads = (int)(columns / headDim),
            KvHeads = kvHeads,
            HeadDim = headDim,
            Layers = (int)cache.Counts.Shape[1],
            Layer = arguments.Layer,
            KeyLayer = arguments.KeyLayer ?? arguments.Layer,
            PagesPerHead = (int)cache.PageTable.Shape[3],
            Type = cache.Keys.Type,
            SlotBytes = cache.Keys.Type.BytesOf(headDim),
            Scale = arguments.Scale,
            SoftCap = arguments.SoftCap,
            Window = arguments.Window,
            Sinks = arguments.Sinks,
            WindowShare = (int)MathF.Round(arguments.WindowShare * (1 << 30)),
            Distant = arguments.Distant,
            Bidirectional = arguments.Bidirectional,
        };
        AddOptional(ref problem, arguments);
        AddLists(ref problem, arguments.SlotLists, arguments.SlotListCounts);
        AddSignals(ref problem, cache.Keys.Shape[0] * PagedKv.PageSlots, arguments.Signals);
        return problem;
    }

    /// <summary>The rows (tokens times query heads) of a merge, and the size of a head.</summary>
    /// <exception cref="ArgumentException">An operand breaks a rule of <see cref="IAttention.Merge"/>.</exception>
    public static (int Rows, int HeadDim) Merge(Tensor output, Tensor logSumExp, Tensor otherOutput, Tensor otherLogSumExp, int heads)
    {
        Operands.RequireMatrix(output);
        (long tokens, long columns) = (output.Shape[0], output.Shape[1]);
        Operands.Require(heads > 0 && columns % heads == 0, $"An output of {columns} columns is no whole number of {heads} heads.", nameof(heads));
        RequireHeadDim(columns / heads, nameof(output));
        Operands.Require(otherOutput, DType.F32, tokens * columns);
        Operands.Require(logSumExp, DType.F32, tokens * heads);
        Operands.Require(otherLogSumExp, DType.F32, tokens * heads);
        return (checked((int)(tokens * heads)), (int)(columns / heads));
    }

    private static void RequireHeadDim(long headDim, string name) =>
        Operands.Require(headDim % 8 == 0 && headDim is > 0 and <= MaxHeadDim, $"The head size must be a multiple of 8 up to {MaxHeadDim}, not {headDim}.", name);

    private static void Reach(in AttentionArguments arguments, int layers)
    {
        Operands.Require(arguments.Scale > 0 && float.IsFinite(arguments.Scale), $"Scale must be positive, not {arguments.Scale}.", nameof(arguments));
        Operands.Require(
            arguments.Window >= 0 && arguments.Sinks >= 0 && arguments.SoftCap >= 0, "Window, Sinks and SoftCap must not be negative.", nameof(arguments));
        Operands.Require(
            arguments.WindowShare is >= 0 and <= 1 && (arguments.WindowShare == 0 || arguments.Window > 0),
            $"WindowShare is from 0 to 1, not {arguments.WindowShare}, and needs a Window, the least that it gives.",
            nameof(arguments));
        Operands.Require(
            !arguments.Distant || arguments.Window > 0, "Distant needs a Window, beyond which it begins; without one nothing is distant.", nameof(arguments));
        int keyLayer = arguments.KeyLayer ?? arguments.Layer;
        Operands.Require(keyLayer >= 0 && keyLayer < layers, $"KeyLayer {keyLayer} is not one of the cache's {layers}.", nameof(arguments));
    }

    private static void AddLists(ref AttentionProblem problem, Tensor lists, Tensor counts)
    {
        Operands.Require(lists.IsEmpty == counts.IsEmpty, "SlotLists and SlotListCounts go together: give both or none.", nameof(lists));
        if (lists.IsEmpty)
        {
            return;
        }

        Operands.RequireType(lists, DType.I32);
        Shape shape = lists.Shape;
        Operands.Require(
            shape.Rank == 3 && shape[0] == problem.Sequences && shape[1] == problem.KvHeads && shape[2] > 0,
            $"SlotLists must be [sequences, kvHeads, capacity] with {problem.Sequences} sequences and {problem.KvHeads} KV heads; they are {shape}.",
            nameof(lists));
        Operands.Require(counts, DType.I32, (long)problem.Sequences * problem.KvHeads);
        problem.SlotLists = (int*)lists.Address;
        problem.SlotListCounts = (int*)counts.Address;
        problem.SlotListCapacity = checked((int)shape[2]);
    }

    private static void AddOptional(ref AttentionProblem problem, in AttentionArguments arguments)
    {
        if (!arguments.LogSumExp.IsEmpty)
        {
            Operands.Require(arguments.LogSumExp, DType.F32, (long)problem.Tokens * problem.Heads);
            problem.LogSumExp = (float*)arguments.LogSumExp.Address;
        }

        if (arguments.AncestorMask.IsEmpty)
        {
            return;
        }

        Tensor mask = arguments.AncestorMask;
        Operands.RequireType(mask, DType.I32);
        Operands.Require(mask.Shape.Rank == 2 && mask.Shape[0] == problem.Tokens, $"The ancestor mask must have a row for each of {problem.Tokens} tokens.", nameof(arguments));
        problem.AncestorMask = (uint*)mask.Address;
        problem.MaskWords = (int)mask.Shape[1];
        if (problem.Sequences == 1)
        {
            RequireWords(problem, problem.Tokens);
        }
    }

    /// <summary>An ancestor mask has a bit for each of a sequence's tokens.</summary>
    public static void RequireWords(in AttentionProblem problem, int tokens) =>
        Operands.Require(tokens <= problem.MaskWords * 32L, $"An ancestor mask of {problem.MaskWords} words cannot tell {tokens} tokens apart.", "arguments");

    private static void AddSignals(ref AttentionProblem problem, long slots, in AttentionSignals signals)
    {
        problem.ColumnMass = Plane(signals.ColumnMass, slots);
        problem.WindowMass = Plane(signals.WindowMass, slots);
        problem.LastRow = Plane(signals.LastRow, slots);
        problem.ColumnMaximum = Plane(signals.ColumnMaximum, slots);
        problem.Hits = Plane(signals.Hits, slots);
        problem.BlockHistory = Plane(signals.BlockHistory, AttentionSignals.HistoryPlanes * slots);
        problem.WindowTokens = signals.WindowTokens;
        problem.HitThreshold = signals.HitThreshold;
        Operands.Require(
            signals.WindowMass.IsEmpty ? signals.WindowTokens >= 0 : signals.WindowTokens > 0,
            $"WindowTokens must be at least 1 where WindowMass is wanted, not {signals.WindowTokens}.",
            nameof(signals));
        Operands.Require(!float.IsNaN(signals.HitThreshold), "HitThreshold must be a number.", nameof(signals));
    }

    private static float* Plane(Tensor plane, long slots)
    {
        if (plane.IsEmpty)
        {
            return null;
        }

        Operands.Require(plane, DType.F32, slots);
        return (float*)plane.Address;
    }
}
