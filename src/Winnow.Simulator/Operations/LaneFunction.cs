using System;
using System.Numerics;
using System.Runtime.CompilerServices;
using Winnow.Simulator.Execution;

namespace Winnow.Simulator.Operations;

/// <summary>An instruction that is too rare or too odd for vectors: a function of up to three values, one lane after the other.</summary>
internal sealed unsafe class LaneFunction : Operation
{
    private readonly Slot _d;
    private readonly Slot _a;
    private readonly Slot _b;
    private readonly Slot _c;
    private readonly Func<ulong, ulong, ulong, ulong> _function;

    /// <summary>A function of one operand.</summary>
    public LaneFunction(Slot d, Slot a, Func<ulong, ulong> function)
        : this(d, a, a, a, (x, _, _) => function(x))
    {
    }

    /// <summary>A function of two operands.</summary>
    public LaneFunction(Slot d, Slot a, Slot b, Func<ulong, ulong, ulong> function)
        : this(d, a, b, a, (x, y, _) => function(x, y))
    {
    }

    /// <summary>A function of three operands.</summary>
    public LaneFunction(Slot d, Slot a, Slot b, Slot c, Func<ulong, ulong, ulong, ulong> function)
    {
        _d = d;
        _a = a;
        _b = b;
        _c = c;
        _function = function;
    }

    [MethodImpl(Lane.Hot)]
    public override void Execute(Warp warp, uint lanes)
    {
        byte* registers = warp.Registers;
        for (uint left = lanes; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            ulong value = _function(_a.Read(registers, lane), _b.Read(registers, lane), _c.Read(registers, lane));
            _d.Write(registers, lane, value);
        }
    }
}

/// <summary>A function of four values, one lane after the other.</summary>
internal sealed unsafe class LaneFunction4(Slot d, Slot a, Slot b, Slot c, Slot e, Func<ulong, ulong, ulong, ulong, ulong> function) : Operation
{
    [MethodImpl(Lane.Hot)]
    public override void Execute(Warp warp, uint lanes)
    {
        byte* registers = warp.Registers;
        for (uint left = lanes; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            ulong value = function(a.Read(registers, lane), b.Read(registers, lane), c.Read(registers, lane), e.Read(registers, lane));
            d.Write(registers, lane, value);
        }
    }
}

/// <summary>A predicate from a value, one lane after the other.</summary>
internal sealed unsafe class LaneTest(PredicateSlot p, Slot a, Func<ulong, bool> test) : Operation
{
    public override void Execute(Warp warp, uint lanes)
    {
        uint bits = 0;
        for (uint left = lanes; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            bits |= test(a.Read(warp.Registers, lane)) ? 1u << lane : 0;
        }

        p.Write(warp.Registers, bits, lanes);
    }
}
