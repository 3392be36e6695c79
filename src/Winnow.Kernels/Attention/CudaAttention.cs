using System;
using Winnow.Gpu;
using Winnow.Kernels.Cache;

namespace Winnow.Kernels.Attention;

/// <summary>
/// Attention on a GPU; <c>kernels/attention</c> holds the kernels. A sequence of few rows (tokens times query heads of a KV head) goes to the
/// decode kernel, which works on its splits at the same time, one of many to the prefill kernel. Which one it is does not show in the
/// result. Where the host cannot know, both are launched and each takes the sequences that are its own.
/// </summary>
internal sealed unsafe partial class CudaAttention : IAttention, IDisposable
{
    private const int Alignment = 16;

    // Rows up to which splitting pays: beyond, a tile has enough to do, and keys and values would be read too often.
    private const int MostDecodeRows = 64;

    // A warp of the merging kernel takes a row.
    private const int MergeRows = CudaAttentionShapes.Threads / 32;

    // Tokens whose rows a block of the kernel of histories walks: of many it walks some.
    private const int HistoryPartTokens = 16;

    // Blocks of one launch in its second and third dimension.
    private const int MostGrid = 65_535;

    private readonly CudaContext _context;
    private readonly KernelVariants<DecodeKey> _decodes;
    private readonly KernelVariants<DecodeSignalKey> _decodeSignals;
    private readonly KernelVariants<DecodeSignalKey> _decodeSignalsApart;
    private readonly KernelVariants<CallKey> _prefills;
    private readonly KernelVariants<CallKey> _hoppers;
    private readonly KernelVariants<SignalWalkKey> _signals;
    private readonly KernelVariants<CallKey> _histories;
    private readonly KernelVariants<byte> _merges;
    private readonly bool _isHopper;
    private readonly CudaScratch _partials;
    private readonly CudaScratch _states;
    private readonly CudaScratch _tickets;
    private readonly CudaScratch _logSumExps;
    private long _clearedBytes;

    /// <param name="context">The device.</param>
    public CudaAttention(CudaContext context)
    {
        _context = context;
        _maps = new CudaTensorMaps(context.Driver);
        _decodes = new KernelVariants<DecodeKey>(context, DescribeDecode);
        _decodeSignals = new KernelVariants<DecodeSignalKey>(context, DescribeDecodeSignals);
        _decodeSignalsApart = new KernelVariants<DecodeSignalKey>(context, DescribeDecodeSignalsApart);
        _prefills = new KernelVariants<CallKey>(context, DescribePrefill);
        _hoppers = new KernelVariants<CallKey>(context, DescribeHopper);
        _isHopper = context.Driver.Architecture.EndsWith("_90a", StringComparison.Ordinal);
        _signals = new KernelVariants<SignalWalkKey>(context, DescribeSignals);
        _histories = new KernelVariants<CallKey>(context, DescribeHistory);
        _merges = new KernelVariants<byte>(context, static _ => MergeVariant);
        _partials = new CudaScratch(context);
        _states = new CudaScratch(context);
        _tickets = new CudaScratch(context);
        _lines = new CudaScratch(context);
        _sections = new CudaScratch(context);
        _logSumExps = new CudaScratch(context);
    }

    /// <inheritdoc/>
    public void Forward(Tensor output, Tensor queries, in PagedKv cache, in RaggedBatch batch, in AttentionArguments arguments)
    {
        AttentionProblem problem = AttentionChecks.Problem(output, queries, cache, batch, arguments);
        RequireAlignment(problem);
        Operands.Require(problem.KvHeads <= MostGrid, $"A launch takes {MostGrid} KV heads at most, not {problem.KvHeads}.", nameof(cache));
        if (problem.Tokens == 0)
        {
            return;
        }

        if (problem.NeedsLogSumExp && problem.LogSumExp == null)
        {
            problem.LogSumExp = (float*)_logSumExps.Get((long)problem.Tokens * problem.Heads * sizeof(float));
        }

        var parameters = new CudaAttentionParameters(problem, cache);
        CallKey key = new(
            problem.HeadDim,
            problem.Type,
            !problem.Bidirectional,
            problem.Reach,
            problem.AncestorMask != null,
            problem.SlotLists != null,
            problem.SoftCap > 0,
            problem.LogSumExp != null);
        int mostSlots = batch.MostSlots == 0 ? problem.PagesPerHead * PagedKv.PageSlots : batch.MostSlots;
        mostSlots = problem.SlotLists == null ? mostSlots : Math.Min(mostSlots, problem.SlotListCapacity);
        int mostTokens = batch.MostTokens == 0 ? problem.Tokens : batch.MostTokens;
        bool inOnePass = DecodesWithSignals(problem, parameters, mostSlots, (long)mostTokens * problem.Group);
        Launch(problem, ref parameters, key, mostSlots, mostTokens, inOnePass);
        if (problem.HasSignals && (!inOnePass || _context.IsRehearsing))
        {
            LaunchSignals(problem, parameters, key, mostSlots, mostTokens);
        }

        if (problem.BlockHistory != null)
        {
            LaunchBlockHistory(problem, parameters, key, batch.MostSlots, mostTokens);
        }
    }

    /// <inheritdoc/>
    public void Merge(Tensor output, Tensor logSumExp, Tensor otherOutput, Tensor otherLogSumExp, int heads)
    {
        (int rows, int headDim) = AttentionChecks.Merge(output, logSumExp, otherOutput, otherLogSumExp, heads);
        if (rows == 0)
        {
            return;
        }

        Operands.Require((output.Address | otherOutput.Address) % Alignment == 0, $"Outputs must begin at a multiple of {Alignment} bytes.", nameof(output));
        ArgumentBlock arguments = new(stackalloc byte[64]);
        arguments.Add(output.Address);
        arguments.Add(logSumExp.Address);
        arguments.Add(otherOutput.Address);
        arguments.Add(otherLogSumExp.Address);
        arguments.Add(rows);
        arguments.Add(headDim);
        _context.Launch(_merges[default], LaunchShape.Linear((rows + MergeRows - 1) / MergeRows, CudaAttentionShapes.Threads), arguments);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _partials.Dispose();
        _states.Dispose();
        _tickets.Dispose();
        _lines.Dispose();
        _sections.Dispose();
        _logSumExps.Dispose();
    }

    private static void RequireAlignment(in AttentionProblem problem)
    {
        nint bits = (nint)problem.Output | (nint)problem.Queries | (nint)problem.Keys | (nint)problem.Values | (nint)problem.SlotPositions;
        Operands.Require(bits % Alignment == 0, $"Output, queries, keys, values and slot positions must begin at a multiple of {Alignment} bytes.", "output");
    }

    private void Launch(in AttentionProblem problem, ref CudaAttentionParameters parameters, CallKey key, int mostSlots, int mostTokens, bool withSignals)
    {
        long mostRows = (long)mostTokens * problem.Group;
        parameters.SplitRows = Math.Max(MostDecodeRows, problem.Group);
        if (problem.Sequences > 1 || mostRows <= parameters.SplitRows)
        {
            LaunchDecode(problem, ref parameters, key, mostSlots, (int)Math.Min(mostRows, parameters.SplitRows), withSignals);
        }

        if (mostRows > parameters.SplitRows)
        {
            Operands.Require(problem.Sequences <= MostGrid, $"A step takes {MostGrid} sequences at most, not {problem.Sequences}.", "batch");
            LaunchPrefill(problem, ref parameters, key, mostRows);
        }
    }

    private void LaunchPrefill(in AttentionProblem problem, ref CudaAttentionParameters parameters, CallKey key, long mostRows)
    {
        if (_isHopper && !key.Lists && CudaAttentionShapes.FitsHopper(key.Type, key.HeadDim))
        {
            LaunchHopper(problem, ref parameters, key, mostRows);
            return;
        }

        int rows = CudaAttentionShapes.PrefillRows(key.Type);
        int tiles = checked((int)((mostRows + rows - 1) / rows));
        Launch(_prefills[key], parameters, new LaunchShape(tiles, problem.KvHeads, problem.Sequences, CudaAttentionShapes.Threads, 1, 1, CudaAttentionShapes.PrefillBytes(key.Type, key.HeadDim)));
    }

    private void Launch(GpuFunction function, in CudaAttentionParameters parameters, in LaunchShape shape)
    {
        ArgumentBlock block = new(stackalloc byte[CudaAttentionParameters.Bytes]);
        block.Add(parameters);
        _context.Launch(function, shape, block);
    }

    private void LaunchBlockHistory(in AttentionProblem problem, in CudaAttentionParameters parameters, CallKey call, int mostSlots, int mostTokens)
    {
        const int BlockSlots = CudaAttentionShapes.Threads / 32 * PagedKv.PageSlots;
        int slots = mostSlots == 0 ? problem.PagesPerHead * PagedKv.PageSlots : mostSlots;
        int parts = (Math.Min(mostTokens, AttentionSignals.HistorySteps) + HistoryPartTokens - 1) / HistoryPartTokens;
        parts = (long)problem.Sequences * parts > MostGrid ? 1 : parts;
        ArgumentBlock block = new(stackalloc byte[CudaAttentionParameters.Bytes + (2 * sizeof(long))]);
        block.Add(parameters);
        block.Add((nint)problem.BlockHistory);
        block.Add((long)parts);
        _context.Launch(
            _histories[call], new LaunchShape((slots + BlockSlots - 1) / BlockSlots, problem.KvHeads, problem.Sequences * parts, CudaAttentionShapes.Threads), block);
    }

    // Kernels leave the tickets as they find them, at 0, so that no recorded step has to reset them.
    private nint Tickets(long bytes)
    {
        nint tickets = _tickets.Get(bytes);
        if (bytes > _clearedBytes)
        {
            _context.Driver.Fill(tickets, 0, bytes, _context.Stream);
            _clearedBytes = bytes;
        }

        return tickets;
    }
}
