using System.Numerics;
using System.Runtime.Intrinsics;
using Winnow.Gpu;

namespace Winnow.Simulator.Execution.Control;

/// <summary>Brings the lanes of a member mask together before an operation between lanes.</summary>
/// <param name="inner">The operation.</param>
/// <param name="mask">The register of the member mask.</param>
/// <param name="before">What is looked at first where not all lanes take part; null for nothing.</param>
internal sealed unsafe class Gather(Operation inner, int mask, Operation? before = null) : Operation, IGathering
{
    public override void Execute(Warp warp, uint lanes)
    {
        uint* masks = (uint*)(warp.Registers + mask);
        uint waiting = 0;
        uint awaited = 0;
        for (uint left = lanes; left != 0;)
        {
            uint members = masks[BitOperations.TrailingZeroCount(left)];
            uint same = Members.With(masks, members, left);
            Members.CheckCallers(warp, members, same);
            if (warp.AreHere(members, same))
            {
                if (same != uint.MaxValue)
                {
                    before?.Execute(warp, same);
                }

                inner.Execute(warp, same);
            }
            else
            {
                waiting |= same;
                awaited |= members;
            }

            left &= ~same;
        }

        if (waiting != 0)
        {
            warp.Await(awaited, waiting);
        }
    }

    /// <inheritdoc/>
    public GpuFaultException Fault(Warp warp, int lane, uint missing)
    {
        uint members = ((uint*)(warp.Registers + mask))[lane];
        return warp.Fault(FaultKinds.WrongMask, lane, $"of the member mask 0x{members:x8}, lanes 0x{missing:x8} never come here");
    }
}

/// <summary>Brings all lanes of a warp together before an operation of the whole warp.</summary>
/// <param name="inner">The operation.</param>
/// <param name="kind">What it is where they do not come.</param>
internal sealed class GatherAll(Operation inner, string kind = FaultKinds.DivergentWarp) : Operation, IGathering
{
    public override void Execute(Warp warp, uint lanes)
    {
        if (warp.AreHere(warp.Live, lanes))
        {
            inner.Execute(warp, lanes);
        }
        else
        {
            warp.Await(warp.Live, lanes);
        }
    }

    /// <inheritdoc/>
    public GpuFaultException Fault(Warp warp, int lane, uint missing)
        => warp.Fault(kind, lane, $"the whole warp must execute this together, but lanes 0x{missing:x8} never come here");
}

/// <summary><c>bar.warp.sync</c></summary>
internal sealed unsafe class WarpBarrier(int mask) : Operation, IGathering
{
    public override void Execute(Warp warp, uint lanes)
    {
        uint* masks = (uint*)(warp.Registers + mask);
        for (uint left = lanes; left != 0;)
        {
            uint members = masks[BitOperations.TrailingZeroCount(left)];
            uint same = Members.With(masks, members, left);
            Members.CheckCallers(warp, members, same);
            if (!warp.AreHere(members, same))
            {
                // Lanes that are here with another mask wait along; whoever comes lets all of them look again.
                warp.Await(members, lanes);
                return;
            }

            left &= ~same;
        }
    }

    /// <inheritdoc/>
    public GpuFaultException Fault(Warp warp, int lane, uint missing)
    {
        uint members = ((uint*)(warp.Registers + mask))[lane];
        return warp.Fault(FaultKinds.WrongMask, lane, $"of the member mask 0x{members:x8}, lanes 0x{missing:x8} never come to a barrier");
    }
}

/// <summary>Member masks.</summary>
internal static unsafe class Members
{
    private const int Width = 8;

    /// <summary>Whoever executes an instruction must be one of its members.</summary>
    public static void CheckCallers(Warp warp, uint members, uint lanes)
    {
        if ((lanes & ~members) != 0)
        {
            int lane = BitOperations.TrailingZeroCount(lanes & ~members);
            throw warp.Fault(FaultKinds.WrongMask, lane, $"the thread is lane {lane}, which its member mask 0x{members:x8} leaves out");
        }
    }

    /// <summary>Those of some lanes that have a mask.</summary>
    public static uint With(uint* masks, uint members, uint lanes)
    {
        var all = Vector256.Create(members);
        uint same = 0;
        for (int lane = 0; lane < Warp.Lanes; lane += Width)
        {
            same |= Vector256.Equals(Vector256.Load(masks + lane), all).ExtractMostSignificantBits() << lane;
        }

        return same & lanes;
    }
}
