using System.Linq;
using Winnow.Simulator.Execution;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Operations;

/// <summary><c>mma.sync</c> with row-major A and column-major B, and <c>movmatrix</c>.</summary>
internal static class MatrixDecoder
{
    public static Operation? Decode(InstructionReader reader)
    {
        if (!reader.Take("sync") || !reader.Take("aligned"))
        {
            return null;
        }

        if (reader.Opcode == "movmatrix")
        {
            bool isKnown = reader.Take("m8n8") && reader.Take("trans") && reader.TakeType() is { Kind: OperandTypeKind.Bits, Bits: 16 } && reader.Count == 2;
            return isKnown ? new MatrixTranspose(reader.At(0, 32), reader.At(1, 32)) : null;
        }

        string? shape = reader.TakeAny("m16n8k4", "m16n8k8", "m16n8k16", "m16n8k32", "m8n8k4", "m8n8k16");
        if (shape is null || reader.Count != 4 || !reader.Take("row") || !reader.Take("col"))
        {
            return null;
        }

        bool isSaturated = reader.Take("satfinite");
        if (reader.TakeType() is not OperandType d || reader.TakeType() is not OperandType a || reader.TakeType() is not OperandType b
            || reader.TakeType() is not OperandType c || c != d)
        {
            return null;
        }

        return a.IsFloat ? (isSaturated ? null : Floats(reader, shape, a, b, c)) : Integers(reader, shape, a, b, c, isSaturated);
    }

    private static Operation? Floats(InstructionReader reader, string shape, OperandType a, OperandType b, OperandType c)
    {
        if (a != b)
        {
            return null;
        }

        bool isSingle = c == Conversion.Single;
        bool isHalf = c is { Kind: OperandTypeKind.Float, Bits: 16 };
        return (shape, a.Kind, a.Bits) switch
        {
            ("m16n8k16", OperandTypeKind.Float, 16) when isSingle => Floats<ShortFragment<HalfFloat>>(reader, 4, 2, isHalf),
            ("m16n8k16", OperandTypeKind.Float, 16) when isHalf => Floats<ShortFragment<HalfFloat>>(reader, 4, 2, isHalf),
            ("m16n8k8", OperandTypeKind.Float, 16) when isSingle || isHalf => Floats<ShortFragment<HalfFloat>>(reader, 2, 1, isHalf),
            ("m16n8k16", OperandTypeKind.Brain, 16) when isSingle => Floats<ShortFragment<BrainFloat>>(reader, 4, 2, false),
            ("m16n8k8", OperandTypeKind.Brain, 16) when isSingle => Floats<ShortFragment<BrainFloat>>(reader, 2, 1, false),
            ("m16n8k4", OperandTypeKind.Tensor, 32) when isSingle => Floats<TensorFragment>(reader, 2, 1, false),
            ("m16n8k8", OperandTypeKind.Tensor, 32) when isSingle => Floats<TensorFragment>(reader, 4, 2, false),
            ("m8n8k4", OperandTypeKind.Float, 64) when c.Bits == 64 => Doubles(reader),
            _ => null,
        };
    }

    private static FloatProduct<TFragment>? Floats<TFragment>(InstructionReader reader, int aRegisters, int bRegisters, bool isHalf)
        where TFragment : struct, IFragment
    {
        int cRegisters = isHalf ? 2 : 4;
        return Registers(reader, 0, cRegisters, 32) is int[] d && Registers(reader, 1, aRegisters, 32) is int[] a
            && Registers(reader, 2, bRegisters, 32) is int[] b && Registers(reader, 3, cRegisters, 32) is int[] c
                ? new FloatProduct<TFragment>(d, a, b, c, reader.IsHopper)
                : null;
    }

    private static DoubleProduct? Doubles(InstructionReader reader) =>
        Registers(reader, 0, 2, 64) is int[] d && Registers(reader, 1, 1, 64) is int[] a && Registers(reader, 2, 1, 64) is int[] b
            && Registers(reader, 3, 2, 64) is int[] c
                ? new DoubleProduct(d, a[0], b[0], c)
                : null;

    private static IntegerProduct? Integers(InstructionReader reader, string shape, OperandType a, OperandType b, OperandType c, bool isSaturated)
    {
        (int aRegisters, int bRegisters, int cRegisters) = shape switch
        {
            "m16n8k32" => (4, 2, 4),
            "m16n8k16" => (2, 1, 4),
            "m8n8k16" => (1, 1, 2),
            _ => (0, 0, 0),
        };
        if (aRegisters == 0 || a.Bits != 8 || b.Bits != 8 || c != new OperandType(OperandTypeKind.Signed, 32))
        {
            return null;
        }

        return Registers(reader, 0, cRegisters, 32) is int[] d && Registers(reader, 1, aRegisters, 32) is int[] x
            && Registers(reader, 2, bRegisters, 32) is int[] y && Registers(reader, 3, cRegisters, 32) is int[] z
                ? new IntegerProduct(d, x, y, z, a.IsSigned, b.IsSigned, isSaturated)
                : null;
    }

    private static int[]? Registers(InstructionReader reader, int index, int count, int bits)
    {
        PtxOperand operand = reader[index];
        PtxOperand[] parts = operand.Kind == PtxOperandKind.Vector ? operand.Parts : [operand];
        return parts.Length == count ? [.. parts.Select(part => reader.SlotOf(part, bits).Offset)] : null;
    }
}
