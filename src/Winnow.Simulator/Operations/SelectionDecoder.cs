using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Winnow.Simulator.Execution;

namespace Winnow.Simulator.Operations;

/// <summary><c>selp</c> and <c>slct</c>.</summary>
internal static class SelectionDecoder
{
    public static Operation? Decode(InstructionReader reader)
    {
        if (reader.Count != 4 || reader.TakeType() is not OperandType type || type.Bits < 16 || (type.IsPacked && !type.IsFloat))
        {
            return null;
        }

        int bits = type.RegisterBits;
        if (reader.Opcode == "selp")
        {
            return bits == 64
                ? new Selection<ulong>(reader.At(0, 64), reader.At(1, 64), reader.At(2, 64), reader.Predicate(3))
                : new Selection<uint>(reader.At(0, bits), reader.At(1, bits), reader.At(2, bits), reader.Predicate(3));
        }

        return (reader.TakeType(), reader.Take("ftz")) switch
        {
            ({ Kind: OperandTypeKind.Signed, Bits: 32 }, false) =>
                new LaneFunction(reader.Slot(0, bits), reader.Slot(1, bits), reader.Slot(2, bits), reader.Slot(3, 32), static (a, b, c) => (int)c >= 0 ? a : b),
            ({ Kind: OperandTypeKind.Float, Bits: 32 }, bool flushes) => new LaneFunction(
                reader.Slot(0, bits),
                reader.Slot(1, bits),
                reader.Slot(2, bits),
                reader.Slot(3, 32),
                (a, b, c) => System.BitConverter.UInt32BitsToSingle((uint)(flushes ? FloatFormat.Single.Flush(c) : c)) >= 0 ? a : b),
            _ => null,
        };
    }
}

/// <summary>a where the predicate holds, b elsewhere.</summary>
internal sealed unsafe class Selection<T>(int d, int a, int b, PredicateSlot p) : Operation
    where T : unmanaged
{
    [MethodImpl(Lane.Hot)]
    public override void Execute(Warp warp, uint lanes)
    {
        byte* registers = warp.Registers;
        uint bits = p.Read(registers);
        for (int i = 0; i < sizeof(T); i++, registers += Lane.Step)
        {
            Vector256<T> value = Vector256.ConditionalSelect(Lane.Mask<T>(bits, i), Lane.Load<T>(registers + a), Lane.Load<T>(registers + b));
            Lane.Store(registers + d, value, lanes, i);
        }
    }
}
