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

        bool isASigned = a.IsSigned;
        bool isBSigned = b.IsSigned;
        int aBits = reader.Opcode == "dp4a" ? 8 : 16;
        int skip = half == "hi" ? 16 : 0;
        return new LaneFunction(reader.Slot(0, 32), reader.Slot(1, 32), reader.Slot(2, 32), reader.Slot(3, 32), (x, y, sum) =>
        {
            for (int i = 0; i < 32 / aBits; i++)
            {
                sum += (ulong)(Element(x, i * aBits, aBits, isASigned) * Element(y, skip + (i * 8), 8, isBSigned));
            }

            return sum;
        });
    }

    private static long Element(ulong packed, int at, int bits, bool isSigned) => isSigned
        ? IntegerDecoder.Extend(packed >> at, bits)
        : (long)((packed >> at) & ((1ul << bits) - 1));
}
