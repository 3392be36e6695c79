using System.Numerics;
using Winnow.Simulator.Execution.Memory;

namespace Winnow.Simulator.Execution.Control;

/// <summary><c>mbarrier.test_wait</c> and <c>mbarrier.try_wait</c></summary>
/// <param name="place">Where the mbarrier lies.</param>
internal sealed unsafe class MbarrierWait(SharedPlace place) : Operation
{
    /// <summary>The predicate of the result.</summary>
    public required int Result { get; init; }

    /// <summary>The register of the phase: its parity, or what an arrival returned.</summary>
    public required int Phase { get; init; }

    /// <summary>Whether it is the parity.</summary>
    public required bool IsParity { get; init; }

    /// <summary>Whether lanes may wait here: <c>try_wait</c>.</summary>
    public required bool MayWait { get; init; }

    /// <summary>Whether a lane that sees the end of the phase sees what those did before that arrived.</summary>
    public required bool Acquires { get; init; }

    public override void Execute(Warp warp, uint lanes)
    {
        place.Compute(warp);
        uint over = 0;
        Mbarrier? seen = null;
        Mbarrier? first = null;
        bool isOne = true;
        for (uint left = lanes; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            Mbarrier barrier = warp.Block.FindMbarrier(warp, lane, place.OffsetOf(warp, lane, Mbarrier.Bytes, Mbarrier.Bytes));
            first ??= barrier;
            isOne &= first == barrier;
            if (IsOver(warp, lane, barrier))
            {
                over |= 1u << lane;
                if (seen != barrier)
                {
                    warp.Block.See(barrier, warp, Acquires);
                    seen = barrier;
                }
            }
        }

        if (over == 0 && MayWait && isOne && warp.Block.TryWait(first!, warp, lanes))
        {
            return;
        }

        uint* result = (uint*)(warp.Registers + Result);
        *result = (*result & ~lanes) | over;
        if (over != lanes)
        {
            warp.Yield();
        }
    }

    private bool IsOver(Warp warp, int lane, Mbarrier barrier)
    {
        if (IsParity)
        {
            uint parity = ((uint*)(warp.Registers + Phase))[lane];
            return parity > 1
                ? throw warp.Fault(FaultKinds.WrongPhase, lane, $"the parity {parity} of a phase; even phases have 0, odd ones 1")
                : parity != (barrier.Phase & 1);
        }

        uint phase = (uint)((ulong*)(warp.Registers + Phase))[lane];
        if (phase != barrier.Phase && phase + 1 != barrier.Phase)
        {
            string problem = $"a wait for phase {phase} of an mbarrier that is in phase {barrier.Phase}; it tells about that and the one before";
            throw warp.Fault(FaultKinds.WrongPhase, lane, problem);
        }

        return phase != barrier.Phase;
    }
}
