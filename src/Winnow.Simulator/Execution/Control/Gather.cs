using System.Numerics;
using Winnow.Gpu;

namespace Winnow.Simulator.Execution.Control;

/// <summary>Brings the lanes of a member mask together before an operation between lanes.</summary>
/// <param name="inner">The operation.</param>
/// <param name="mask">The register of the member mask.</param>
internal sealed unsafe class Gather(Operation inner, int mask) : Operation, IGathering
{
    public override void Execute(Warp warp, uint lanes)
    {
        uint* masks = (uint*)(warp.Registers + mask);
        for (uint left = lanes; left != 0;)
        {
            int first = BitOperations.TrailingZeroCount(left);
            uint members = masks[first];
            if ((members >> first & 1) == 0)
            {
                throw warp.Fault(FaultKinds.WrongMask, first, $"the thread is lane {first}, which its member mask 0x{members:x8} leaves out");
            }

            uint same = SameMask(masks, members, left);
            if (!warp.Gather(members, same))
            {
                return;
            }

            left &= ~same;
        }

        for (uint left = lanes; left != 0;)
        {
            uint same = SameMask(masks, masks[BitOperations.TrailingZeroCount(left)], left);
            inner.Execute(warp, same);
            left &= ~same;
        }
    }

    /// <inheritdoc/>
    public GpuFaultException Fault(Warp warp, int lane, uint missing)
    {
        uint members = ((uint*)(warp.Registers + mask))[lane];
        return warp.Fault(FaultKinds.WrongMask, lane, $"of the member mask 0x{members:x8}, lanes 0x{missing:x8} never come here");
    }

    private static uint SameMask(uint* masks, uint members, uint lanes)
    {
        uint same = 0;
        for (uint left = lanes; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            same |= masks[lane] == members ? 1u << lane : 0;
        }

        return same;
    }
}

/// <summary>Brings all lanes of a warp together before an operation of the whole warp.</summary>
internal sealed class GatherAll(Operation inner) : Operation, IGathering
{
    public override void Execute(Warp warp, uint lanes)
    {
        if (warp.Gather(warp.Live, lanes))
        {
            inner.Execute(warp, lanes);
        }
    }

    /// <inheritdoc/>
    public GpuFaultException Fault(Warp warp, int lane, uint missing)
        => warp.Fault(FaultKinds.DivergentWarp, lane, $"the whole warp must execute this together, but lanes 0x{missing:x8} never come here");
}

/// <summary><c>bar.warp.sync</c>, which also orders what the lanes did to memory.</summary>
internal sealed unsafe class WarpBarrier(int mask) : Operation, IGathering
{
    public override void Execute(Warp warp, uint lanes)
    {
        uint* masks = (uint*)(warp.Registers + mask);
        int first = BitOperations.TrailingZeroCount(lanes);
        uint members = masks[first];
        if ((members >> first & 1) == 0)
        {
            throw warp.Fault(FaultKinds.WrongMask, first, $"the thread is lane {first}, which its member mask 0x{members:x8} leaves out");
        }

        for (uint left = lanes; left != 0; left &= left - 1)
        {
            if (masks[BitOperations.TrailingZeroCount(left)] != members)
            {
                ExecuteApart(warp, lanes);
                return;
            }
        }

        warp.Gather(members, lanes);
    }

    /// <inheritdoc/>
    public GpuFaultException Fault(Warp warp, int lane, uint missing)
    {
        uint members = ((uint*)(warp.Registers + mask))[lane];
        return warp.Fault(FaultKinds.WrongMask, lane, $"of the member mask 0x{members:x8}, lanes 0x{missing:x8} never come to a barrier");
    }

    /// <summary>Lanes that are here with different masks wait only for members of their own, which must be here too.</summary>
    private void ExecuteApart(Warp warp, uint lanes)
    {
        uint* masks = (uint*)(warp.Registers + mask);
        for (uint left = lanes; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            if (!warp.Gather(masks[lane], lanes))
            {
                return;
            }
        }
    }
}
