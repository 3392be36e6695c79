using System;
using Winnow.Gpu;

namespace Winnow.Kernels.Attention;

/// <content>The kernel that reads keys again for signals, where they do not come out of the pass that attention makes.</content>
internal sealed unsafe partial class CudaAttention
{
    private const int SignalWarps = 4;

    // Blocks of so many warps read the queries half as often; where there are slots enough.
    private const int ManySignalWarps = 8;

    // Blocks of a launch for each multiprocessor: with more, a few that have much to do no longer count.
    private const int SignalBlocks = 16;

    // Sums of sections take no more than this; where they would, there are slots enough without.
    private const long MostSectionBytes = 1L << 26;

    private readonly CudaScratch _sections;

    private static int SignalPlanes(in AttentionProblem problem) => SumsOf(problem) + (problem.WindowMass != null ? 1 : 0) + (problem.LastRow != null ? 1 : 0);

    // The most sections that some wanted signal of a sequence takes in. The first of the last tokens may lie within one.
    private static int WantedSections(in AttentionProblem problem, long mostRows)
    {
        int all = CudaAttentionShapes.SignalSections(mostRows);
        if (SumsOf(problem) > 0)
        {
            return all;
        }

        long wanted = (long)problem.Group * (problem.WindowMass != null ? problem.WindowTokens : 1);
        return Math.Min(all, CudaAttentionShapes.SignalSections(wanted) + 1);
    }

    private void LaunchSignals(in AttentionProblem problem, CudaAttentionParameters parameters, CallKey call, int mostSlots, int mostTokens)
    {
        long heads = (long)problem.Sequences * problem.KvHeads;
        SignalWalkKey key = SignalKernel(new(SignalKeyOf(problem, call), SignalWarps), mostSlots, heads);
        int sections = WantedSections(problem, (long)mostTokens * problem.Group), slotBlocks = Blocks(key, mostSlots);
        long bytes = heads * slotBlocks * sections * SignalPlanes(problem) * Slots(key) * sizeof(float);
        long shares = bytes > MostSectionBytes ? 1 : Math.Clamp((long)SignalBlocks * _context.Driver.Properties.Multiprocessors / (heads * slotBlocks), 1, sections);
        if (shares > 1)
        {
            parameters.Tickets = Tickets(heads * slotBlocks * sizeof(int));
        }

        ArgumentBlock block = new(stackalloc byte[CudaSignalWalkParameters.Bytes]);
        block.Add(new CudaSignalWalkParameters
        {
            Signals = new CudaSignalParameters(parameters, problem),
            Sections = shares > 1 ? _sections.Get(bytes) : 0,
            SectionRoom = sections,
            Shares = (int)shares,
        });
        var shape = new LaunchShape(slotBlocks * (int)shares, problem.KvHeads, problem.Sequences, 32 * key.Warps, 1, 1, Bytes(key));
        _context.Launch(_signals[key], shape, block);
    }

    // The kernel for so many slots of so many heads.
    private SignalWalkKey SignalKernel(SignalWalkKey few, int mostSlots, long heads)
    {
        SignalWalkKey many = few with { Warps = ManySignalWarps };
        if (few.Signals.Call.Type == DType.F32 || Bytes(many) > _context.Driver.Properties.MaxSharedBytesPerBlock)
        {
            return few;
        }

        bool takesMany = Blocks(many, mostSlots) * heads >= 2 * _context.Driver.Properties.Multiprocessors;
        if (_context.IsRehearsing)
        {
            // Texts grow: the other one, too.
            _ = _signals[takesMany ? few : many];
        }

        return takesMany ? many : few;
    }

    private static int Bytes(SignalWalkKey key) => CudaAttentionShapes.SignalBytes(key.Signals.Call.Type, key.Signals.Call.HeadDim, key.Warps);

    private static int Slots(SignalWalkKey key) => CudaAttentionShapes.SignalSlots(key.Signals.Call.Type, key.Signals.Call.HeadDim, key.Warps);

    private static int Blocks(SignalWalkKey key, int slots) => (slots + Slots(key) - 1) / Slots(key);
}
