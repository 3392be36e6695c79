using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Numerics;
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

    // Clusters that the device holds at once.
    private readonly Dictionary<(DecodeSignalKey Key, int Blocks, bool WithSignals), int> _residents = [];

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
        if (_context.IsRehearsing)
        {
            NoteDecodes(problem, key, rows, withSignals);
        }

        parameters.Splits = splits;
        if (TryFindClusters(problem, key, splits, (int)blocks, rows, withSignals, out DecodeSignalKey cluster, out LaunchShape together)
            && TryLaunchClusters(problem, ref parameters, cluster, together, withSignals))
        {
            return;
        }

        DecodeForm form = blocks * splits * problem.KvHeads > _context.Driver.Properties.Multiprocessors ? DecodeForm.Crowded : DecodeForm.Apart;
        DecodeSignalKey apart = KeyOf(problem, key, form, rows);
        TakePartials(problem, ref parameters, rows, splits, blocks);
        LaunchShape shape = new(splits, problem.KvHeads, (int)blocks, CudaAttentionShapes.DecodeThreads(apart.Round), 1, 1, Bytes(apart.Decode, withSignals));
        LaunchDecode(problem, ref parameters, apart, shape, withSignals, withSignals ? LineBytes(problem, mostSlots, rows) : 0);
    }

    private void LaunchDecode(
        in AttentionProblem problem, ref CudaAttentionParameters parameters, DecodeSignalKey key, LaunchShape shape, bool withSignals, long lineBytes)
    {
        if (withSignals)
        {
            LaunchDecodeSignals(problem, parameters, key, shape, lineBytes);
        }
        else
        {
            Launch(_decodes[key.Decode], parameters, shape);
        }
    }

    // Blocks apart do the same where a driver refuses; only time is lost, and it is not asked again.
    private bool TryLaunchClusters(in AttentionProblem problem, ref CudaAttentionParameters parameters, DecodeSignalKey key, LaunchShape shape, bool withSignals)
    {
        try
        {
            LaunchDecode(problem, ref parameters, key, shape, withSignals, lineBytes: 0);
            return true;
        }
        catch (CudaException exception) when (!exception.IsDeviceLost)
        {
            _context.RefuseClusters(exception);
            return false;
        }
    }

    // Room for what blocks leave for the last one of their tile.
    private void TakePartials(in AttentionProblem problem, ref CudaAttentionParameters parameters, int rows, int splits, long blocks)
    {
        if (splits > 1)
        {
            long partials = (long)problem.Sequences * problem.KvHeads * rows * splits;
            parameters.Partial = _partials.Get(partials * problem.HeadDim * sizeof(float));
            parameters.PartialState = _states.Get(partials * 2 * sizeof(float));
            parameters.Tickets = Tickets(blocks * problem.KvHeads * sizeof(int));
        }
    }

    private void LaunchDecodeSignals(in AttentionProblem problem, in CudaAttentionParameters parameters, DecodeSignalKey key, LaunchShape shape, long lineBytes)
    {
        int heads = problem.Sequences * problem.KvHeads;
        bool apart = key.Cluster == 0
            && shape.GridX * CudaAttentionShapes.SplitSlots > MostSlotsOfThread * shape.BlockX
            && heads <= _context.Driver.Properties.Multiprocessors;
        ArgumentBlock block = new(stackalloc byte[CudaDecodeSignalParameters.Bytes]);
        block.Add(new CudaDecodeSignalParameters
        {
            Signals = new CudaSignalParameters(parameters, problem),
            Lines = key.Cluster != 0 ? 0 : _lines.Get(lineBytes),
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

    private bool HasClusters(CallKey key) => _isHopper && !_context.ClustersAreRefused && _context.Driver.HasClusters && CudaAttentionShapes.FitsCluster(key.Type);

    private DecodeSignalKey KeyOf(in AttentionProblem problem, CallKey key, DecodeForm form, int rows) =>
        new(SignalKeyOf(problem, key), RoundOf(key, form), CudaAttentionShapes.DecodeTileRows(key.Type, rows), form switch
        {
            DecodeForm.Cluster => OneSplit,
            DecodeForm.ClusterOfSeveral => SeveralSplits,
            _ => 0,
        });

    // The launch whose tiles are clusters, where there is more than one split and all blocks run at the same time with a multiprocessor each: only then it
    // pays that they wait for one another. Where there are more splits than a cluster has blocks, a block has several: else the last block of a tile would have
    // much to merge.
    private bool TryFindClusters(
        in AttentionProblem problem, CallKey key, int splits, int tiles, int rows, bool withSignals, out DecodeSignalKey decode, out LaunchShape shape)
    {
        (decode, shape) = (default, default);
        long clusters = (long)problem.KvHeads * tiles;
        if (splits == 1 || !HasClusters(key) || _context.IsRehearsing)
        {
            return false;
        }

        long blocks = BitOperations.RoundUpToPowerOf2((uint)splits), multiprocessors = _context.Driver.Properties.Multiprocessors;
        DecodeForm form = blocks > CudaAttentionShapes.ClusterBlocks ? DecodeForm.ClusterOfSeveral : DecodeForm.Cluster;
        if (form == DecodeForm.ClusterOfSeveral)
        {
            blocks = SeveralBlocks(key, splits, clusters, Math.Min(rows, CudaAttentionShapes.DecodeRows), multiprocessors);
        }

        if (blocks == 0 || clusters * blocks > multiprocessors)
        {
            return false;
        }

        decode = KeyOf(problem, key, form, rows);
        shape = new((int)blocks, problem.KvHeads, tiles, CudaAttentionShapes.DecodeThreads(decode.Round), 1, 1, Bytes(decode.Decode, withSignals))
        {
            Cluster = ((int)blocks, 1, 1),
        };
        return clusters <= ResidentClusters(decode, shape, withSignals);
    }

    // Blocks of each of so many clusters that have several splits each; 0 where that leaves too many multiprocessors without work, or a block with too much.
    private static long SeveralBlocks(CallKey key, int splits, long clusters, int rows, long multiprocessors)
    {
        long room = Math.Min(multiprocessors / clusters, CudaAttentionShapes.ClusterBlocks);
        if (room < 2 || key.Lists)
        {
            return 0;
        }

        long blocks = 1L << BitOperations.Log2((ulong)room), own = (splits + blocks - 1) / blocks;
        bool fits = own <= CudaAttentionShapes.OwnSplits && own * rows <= CudaAttentionShapes.OwnStates;
        return fits && 4 * clusters * blocks >= 3 * multiprocessors ? blocks : 0;
    }

    private int ResidentClusters(DecodeSignalKey key, in LaunchShape shape, bool withSignals)
    {
        if (!_residents.TryGetValue((key, shape.GridX, withSignals), out int resident))
        {
            GpuFunction function = withSignals ? _decodeSignals[key] : _decodes[key.Decode];
            try
            {
                resident = _context.Driver.CountResidentClusters(function, shape);
            }
            catch (CudaException exception) when (!exception.IsDeviceLost)
            {
                Trace.TraceWarning($"Decode attention of {shape.GridX} splits has no clusters: {exception.Message}");
                resident = 0;
            }

            _residents.Add((key, shape.GridX, withSignals), resident);
        }

        return resident;
    }

    private int RoundOf(CallKey key, DecodeForm form) => CudaAttentionShapes.DecodeRound(key.Type, key.HeadDim, key.Lists, _context.Driver.Properties, form);

    // Steps grow, and prompts join them: the kernels for few blocks and for many, for few rows and for many, and those without signals, too.
    private void NoteDecodes(in AttentionProblem problem, CallKey key, int rows, bool withSignals)
    {
        foreach (DecodeForm form in Enum.GetValues<DecodeForm>())
        {
            bool isCluster = form is DecodeForm.Cluster or DecodeForm.ClusterOfSeveral;
            if ((isCluster && !HasClusters(key)) || (form == DecodeForm.ClusterOfSeveral && key.Lists))
            {
                continue;
            }

            foreach (int tileRows in (ReadOnlySpan<int>)[rows, CudaAttentionShapes.DecodeRows])
            {
                DecodeSignalKey decode = KeyOf(problem, key, form, tileRows);
                _ = _decodes[decode.Decode];
                if (withSignals)
                {
                    _ = _decodeSignals[decode];
                }
            }
        }
    }
}
