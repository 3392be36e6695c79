using System.Numerics;

namespace Winnow.Simulator.Execution.Control;

/// <summary><c>bra</c></summary>
internal sealed class Branch(int target) : Operation
{
    /// <summary>Where it leads.</summary>
    public int Target => target;

    public override void Execute(Warp warp, uint lanes) => warp.Branch(target, lanes);
}

/// <summary><c>brx.idx</c></summary>
internal sealed unsafe class IndexedBranch(int index, int[] targets) : Operation
{
    /// <summary>Where it leads.</summary>
    public int[] Targets => targets;

    public override void Execute(Warp warp, uint lanes)
    {
        uint* indices = (uint*)(warp.Registers + index);
        while (lanes != 0)
        {
            int first = BitOperations.TrailingZeroCount(lanes);
            uint chosen = indices[first];
            uint same = 0;
            for (uint left = lanes; left != 0; left &= left - 1)
            {
                int lane = BitOperations.TrailingZeroCount(left);
                same |= indices[lane] == chosen ? 1u << lane : 0;
            }

            if (chosen >= (uint)targets.Length)
            {
                throw warp.Fault(FaultKinds.OutOfBounds, first, $"a branch to entry {chosen} of a table of {targets.Length}");
            }

            warp.Branch(targets[chosen], same);
            lanes &= ~same;
        }
    }
}

/// <summary><c>ret</c></summary>
internal sealed class Return : Operation
{
    public override void Execute(Warp warp, uint lanes) => warp.Return(lanes);
}

/// <summary><c>exit</c></summary>
internal sealed class Exit : Operation
{
    public override void Execute(Warp warp, uint lanes) => warp.Exit(lanes);
}

/// <summary><c>trap</c></summary>
internal sealed class Trap : Operation
{
    public override void Execute(Warp warp, uint lanes)
        => throw warp.Fault(FaultKinds.Trap, BitOperations.TrailingZeroCount(lanes), "the kernel stopped itself");
}

/// <summary>What changes nothing here: fences of memory that is coherent anyway, hints, and pauses.</summary>
internal sealed class Nothing : Operation
{
    public override void Execute(Warp warp, uint lanes)
    {
    }
}

/// <summary><c>mov</c> from a clock.</summary>
internal sealed unsafe class ReadClock(string name, int destination, bool isWide) : Operation
{
    public override void Execute(Warp warp, uint lanes)
    {
        ulong value = SpecialRegisters.ReadClock(name, warp);
        for (uint left = lanes; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            if (isWide)
            {
                ((ulong*)(warp.Registers + destination))[lane] = value;
            }
            else
            {
                ((uint*)(warp.Registers + destination))[lane] = (uint)value;
            }
        }
    }
}
