using System;
using Winnow.Gpu;
using Winnow.Kernels.Cache;

namespace Winnow.Kernels.Attention;

/// <content>The decode kernels, which work on the splits of sequences of few rows at the same time.</content>
internal sealed unsafe partial class CudaAttention
{
    // Scores that are kept for signals take no more than this; where they would, the keys are read again.
    private const long MostLineBytes = 1L << 28;

    // Slots whose signals a thread of a head's last block makes at most, unless there are heads enough to hide the time that takes.
    private const int MostSlotsOfThread = 16;

    private readonly CudaScratch _lines;

    private static int SumsOf(in AttentionProblem problem) =>
        (problem.ColumnMass != null ? 1 : 0) + (problem.ColumnMaximum != null ? 1 : 0) + (problem.Hits != null ? 1 : 0);

    // Of each split the scores of all rows, the places of its slots, and what the planes that are added to hold.
    private static int LineCount(in AttentionProblem problem, long rows) => (int)rows + 1 + SumsOf(problem);

    private static long LineBytes(in AttentionProblem problem, int mostSlots, long rows) =>
        (long)problem.Sequences * problem.KvHeads * Splits(mostSlots) * LineCount(problem, rows) * CudaAttentionShapes.SplitSlots * sizeof(float);

    private static int Splits(int mostSlots) => Math.Max(1, (mostSlots + CudaAttentionShapes.SplitSlots - 1) / CudaAttentionShapes.SplitSlots);

    private static SignalKey SignalKeyOf(in AttentionProblem problem, CallKey call) => new(
        call,
        problem.ColumnMass != null,
        problem.WindowMass != null,
        problem.LastRow != null,
        problem.ColumnMaximum != null,
        problem.Hits != null);

    // Whether signals come out of the pass that attention makes. They have the same bits where they do not.
    private static bool DecodesWithSignals(in AttentionProblem problem, in CudaAttentionParameters parameters, int mostSlots, long mostRows) =>
        problem.HasSignals
        && problem.Type != DType.F32
        && mostRows <= CudaAttentionShapes.DecodeRows
        && (long)parameters.Pages * PagedKv.PageSlots <= int.MaxValue
        && LineBytes(problem, mostSlots, mostRows) <= MostLineBytes;

    private void LaunchDecode(in AttentionProblem problem, ref CudaAttentionParameters parameters, CallKey key, int mostSlots, int rows, bool withSignals)
    {
        int splits = Splits(mostSlots);
        int tiles = (rows + CudaAttentionShapes.DecodeRows - 1) / CudaAttentionShapes.DecodeRows;
        long blocks = (long)problem.Sequences * tiles;
        Operands.Require(blocks <= MostGrid, $"A step takes {MostGrid / tiles} sequences of so many tokens at most, not {problem.Sequences}.", "batch");
        parameters.PartialRows = rows;
        parameters.Tiles = tiles;
        parameters.Splits = splits;
        if (splits > 1)
        {
            long partials = (long)problem.Sequences * problem.KvHeads * rows * splits;
            parameters.Partial = _partials.Get(partials * problem.HeadDim * sizeof(float));
            parameters.PartialState = _states.Get(partials * 2 * sizeof(float));
            parameters.Tickets = Tickets(blocks * problem.KvHeads * sizeof(int));
        }

        bool crowded = blocks * splits * problem.KvHeads > _context.Driver.Properties.Multiprocessors;
        if (_context.IsRehearsing)
        {
            NoteDecodes(problem, key, withSignals);
        }

        int round = RoundOf(key, crowded);
        int bytes = CudaAttentionShapes.DecodeBytes(key.Type, key.HeadDim, key.Lists, round);
        var shape = new LaunchShape(splits, problem.KvHeads, (int)blocks, CudaAttentionShapes.DecodeThreads(round), 1, 1, bytes);
        if (!withSignals)
        {
            Launch(_decodes[new(key, round)], parameters, shape);
            return;
        }

        LaunchDecodeSignals(problem, parameters, new(SignalKeyOf(problem, key), round), shape, LineBytes(problem, mostSlots, rows));
    }

    private void LaunchDecodeSignals(in AttentionProblem problem, in CudaAttentionParameters parameters, DecodeSignalKey key, LaunchShape shape, long lineBytes)
    {
        int heads = problem.Sequences * problem.KvHeads;
        bool apart = shape.GridX * CudaAttentionShapes.SplitSlots > MostSlotsOfThread * shape.BlockX && heads <= _context.Driver.Properties.Multiprocessors;
        ArgumentBlock block = new(stackalloc byte[CudaDecodeSignalParameters.Bytes]);
        block.Add(new CudaDecodeSignalParameters
        {
            Signals = new CudaSignalParameters(parameters, problem),
            Lines = _lines.Get(lineBytes),
            LineCount = LineCount(problem, parameters.PartialRows),
            Apart = apart ? 1 : 0,
        });
        _context.Launch(_decodeSignals[key], shape, block);
        if (apart)
        {
            var each = new LaunchShape(shape.GridX, shape.GridY, shape.GridZ, CudaAttentionShapes.SplitSlots);
            _context.Launch(_decodeSignalsApart[key], each, block);
        }
    }

    private int RoundOf(CallKey key, bool crowded) => CudaAttentionShapes.DecodeRound(key.Type, key.HeadDim, key.Lists, _context.Driver.Properties, crowded);

    // Steps grow, and prompts join them: the kernels for few blocks and for many, and those without signals, too.
    private void NoteDecodes(in AttentionProblem problem, CallKey key, bool withSignals)
    {
        foreach (bool crowded in (ReadOnlySpan<bool>)[false, true])
        {
            int round = RoundOf(key, crowded);
            _ = _decodes[new(key, round)];
            if (withSignals)
            {
                _ = _decodeSignals[new(SignalKeyOf(problem, key), round)];
            }
        }
    }
}
