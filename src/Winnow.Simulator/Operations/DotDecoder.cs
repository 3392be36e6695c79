using Winnow.Simulator.Execution;

namespace Winnow.Simulator.Operations;

/// <summary><c>dp4a</c> and <c>dp2a</c>: dot products of bytes.</summary>
internal static class DotDecoder
{
    public static Operation? Decode(InstructionReader reader)
    {
        string? half = reader.Opcode == "dp2a" ? reader.TakeAny("lo", "hi") : "lo";
        if (half is null || reader.Count != 4 || reader.TakeType() is not OperandType { Bits: 32 } a || reader.TakeType() is not OperandType { Bits: 32 } b)
        {
            return null;
        }

        if (reader.Opcode == "dp4a")
        {
            return OfBytes(reader, a, b);
        }

        bool isASigned = a.IsSigned;
        bool isBSigned = b.IsSigned;
        int skip = half == "hi" ? 16 : 0;
        return new LaneFunction(reader.Slot(0, 32), reader.Slot(1, 32), reader.Slot(2, 32), reader.Slot(3, 32), (x, y, sum) =>
        {
            for (int i = 0; i < 2; i++)
            {
                sum += (ulong)(Element(x, i * 16, 16, isASigned) * Element(y, skip + (i * 8), 8, isBSigned));
            }

            return sum;
        });
    }

    private static Operation OfBytes(InstructionReader reader, OperandType a, OperandType b)
    {
        int d = reader.At(0, 32);
        int x = reader.At(1, 32);
        int y = reader.At(2, 32);
        int sum = reader.At(3, 32);
        return (a.IsSigned, b.IsSigned) switch
        {
            (false, false) => new Ternary<uint, DotOfBytes<UnsignedBytes, UnsignedBytes>>(d, x, y, sum),
            (false, true) => new Ternary<uint, DotOfBytes<UnsignedBytes, SignedBytes>>(d, x, y, sum),
            (true, false) => new Ternary<uint, DotOfBytes<SignedBytes, UnsignedBytes>>(d, x, y, sum),
            (true, true) => new Ternary<uint, DotOfBytes<SignedBytes, SignedBytes>>(d, x, y, sum),
        };
    }

    private static long Element(ulong packed, int at, int bits, bool isSigned) => isSigned
        ? IntegerDecoder.Extend(packed >> at, bits)
        : (long)((packed >> at) & ((1ul << bits) - 1));
}
