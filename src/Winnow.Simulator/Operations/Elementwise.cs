using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Winnow.Simulator.Execution;

namespace Winnow.Simulator.Operations;

/// <summary>One result from one operand, a vector of lanes at a time.</summary>
internal interface IUnary<T>
    where T : unmanaged
{
    static abstract Vector256<T> Apply(Vector256<T> a);
}

/// <summary>One result from two operands, a vector of lanes at a time.</summary>
internal interface IBinary<T>
    where T : unmanaged
{
    static abstract Vector256<T> Apply(Vector256<T> a, Vector256<T> b);
}

/// <summary>One result from three operands, a vector of lanes at a time.</summary>
internal interface ITernary<T>
    where T : unmanaged
{
    static abstract Vector256<T> Apply(Vector256<T> a, Vector256<T> b, Vector256<T> c);
}

/// <summary>Applies <typeparamref name="TOp"/> to the lanes of one register; all arguments are byte offsets into the register file.</summary>
internal sealed unsafe class Unary<T, TOp>(int d, int a) : Operation
    where T : unmanaged
    where TOp : struct, IUnary<T>
{
    [MethodImpl(Lane.Hot)]
    public override void Execute(Warp warp, uint lanes)
    {
        byte* registers = warp.Registers;
        for (int i = 0; i < sizeof(T); i++, registers += Lane.Step)
        {
            Lane.Store(registers + d, TOp.Apply(Lane.Load<T>(registers + a)), lanes, i);
        }
    }
}

/// <summary>Applies <typeparamref name="TOp"/> to the lanes of two registers.</summary>
internal sealed unsafe class Binary<T, TOp>(int d, int a, int b) : Operation
    where T : unmanaged
    where TOp : struct, IBinary<T>
{
    [MethodImpl(Lane.Hot)]
    public override void Execute(Warp warp, uint lanes)
    {
        byte* registers = warp.Registers;
        for (int i = 0; i < sizeof(T); i++, registers += Lane.Step)
        {
            Lane.Store(registers + d, TOp.Apply(Lane.Load<T>(registers + a), Lane.Load<T>(registers + b)), lanes, i);
        }
    }
}

/// <summary>Applies <typeparamref name="TOp"/> to the lanes of three registers.</summary>
internal sealed unsafe class Ternary<T, TOp>(int d, int a, int b, int c) : Operation
    where T : unmanaged
    where TOp : struct, ITernary<T>
{
    [MethodImpl(Lane.Hot)]
    public override void Execute(Warp warp, uint lanes)
    {
        byte* registers = warp.Registers;
        for (int i = 0; i < sizeof(T); i++, registers += Lane.Step)
        {
            Vector256<T> value = TOp.Apply(Lane.Load<T>(registers + a), Lane.Load<T>(registers + b), Lane.Load<T>(registers + c));
            Lane.Store(registers + d, value, lanes, i);
        }
    }
}

/// <summary>Several operations in order; none may write what a later one reads.</summary>
internal sealed class Sequence(params Operation[] parts) : Operation
{
    public override void Execute(Warp warp, uint lanes)
    {
        foreach (Operation part in parts)
        {
            part.Execute(warp, lanes);
        }
    }
}

/// <summary>Has no effect: every destination is a sink.</summary>
internal sealed class Nothing : Operation
{
    public override void Execute(Warp warp, uint lanes)
    {
    }
}
