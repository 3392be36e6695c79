using System.Runtime.Intrinsics;
using Winnow.Simulator.Execution;

namespace Winnow.Simulator.Operations;

/// <summary><c>set</c> of 16-bit floats: the outcome as 1.0 of a 16-bit type or as ones, for pairs in each half.</summary>
internal static class NarrowSetDecoder
{
    /// <summary>Decodes it.</summary>
    /// <param name="reader">The instruction.</param>
    /// <param name="type">Of the operands.</param>
    /// <param name="result">Of the result.</param>
    /// <param name="basic">The comparison that all others are made of.</param>
    /// <param name="isSwapped">Whether the operands are exchanged.</param>
    /// <param name="isInverted">Whether the complement is meant.</param>
    public static Operation? Decode(InstructionReader reader, OperandType type, OperandType? result, string basic, bool isSwapped, bool isInverted)
    {
        uint? whenTrue = (type.IsPacked, result) switch
        {
            (false, { IsPacked: false, Kind: OperandTypeKind.Float, Bits: 16 }) => 0x3C00,
            (false, { IsPacked: false, Kind: OperandTypeKind.Brain }) => 0x3F80,
            (false, { IsPacked: false, Kind: OperandTypeKind.Signed or OperandTypeKind.Unsigned, Bits: 16 }) => 0xFFFF,
            (true, { IsPacked: true, Kind: OperandTypeKind.Float }) => 0x3C003C00,
            (true, { IsPacked: true, Kind: OperandTypeKind.Brain }) => 0x3F803F80,
            (true, { IsPacked: false, Kind: OperandTypeKind.Signed or OperandTypeKind.Unsigned, Bits: 32 }) => uint.MaxValue,
            _ => null,
        };
        if (whenTrue is not uint value)
        {
            return null;
        }

        int d = reader.At(0, type.RegisterBits);
        int a = reader.At(isSwapped ? 2 : 1, type.RegisterBits);
        int b = reader.At(isSwapped ? 1 : 2, type.RegisterBits);
        return type.Kind == OperandTypeKind.Brain
            ? Make<BrainFloat>(d, a, b, basic, isInverted, value, type.IsPacked)
            : Make<HalfFloat>(d, a, b, basic, isInverted, value, type.IsPacked);
    }

    private static Operation Make<TFormat>(int d, int a, int b, string basic, bool isInverted, uint value, bool isPacked)
        where TFormat : struct, INarrowFloat => basic switch
        {
            "eq" => new NarrowSet<NarrowCompare<TFormat, Equal<float>>>(d, a, b, isInverted, value, isPacked),
            "lt" => new NarrowSet<NarrowCompare<TFormat, Less<float>>>(d, a, b, isInverted, value, isPacked),
            "le" => new NarrowSet<NarrowCompare<TFormat, LessOrEqual<float>>>(d, a, b, isInverted, value, isPacked),
            "ne" => new NarrowSet<NarrowCompare<TFormat, Different<float>>>(d, a, b, isInverted, value, isPacked),
            _ => new NarrowSet<NarrowCompare<TFormat, Ordered<float>>>(d, a, b, isInverted, value, isPacked),
        };
}

/// <summary>Writes a value where a comparison of 16-bit floats holds, half by half for pairs.</summary>
internal sealed unsafe class NarrowSet<TOp>(int d, int a, int b, bool isInverted, uint value, bool isPacked) : Operation
    where TOp : struct, ICompare<uint>
{
    public override void Execute(Warp warp, uint lanes)
    {
        byte* registers = warp.Registers;
        var upper = Vector256.Create(isPacked ? 0xFFFF0000u : 0);
        var flip = Vector256.Create(isInverted ? uint.MaxValue : 0);
        for (int i = 0; i < sizeof(uint); i++, registers += Lane.Step)
        {
            Vector256<uint> x = Lane.Load<uint>(registers + a);
            Vector256<uint> y = Lane.Load<uint>(registers + b);
            Vector256<uint> holds = Vector256.ConditionalSelect(upper, TOp.Apply(x >>> 16, y >>> 16), TOp.Apply(x, y)) ^ flip;
            Lane.Store(registers + d, holds & Vector256.Create(value), lanes, i);
        }
    }
}
