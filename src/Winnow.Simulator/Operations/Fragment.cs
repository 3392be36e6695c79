using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Winnow.Simulator.Operations;

/// <summary>
/// A type of the factors of <c>mma</c>. The lanes of a register, read in order, are the rows of a block of 8 rows and
/// <see cref="Depth"/> columns; so a fragment is a list of blocks and needs no table.
/// </summary>
internal unsafe interface IFragment
{
    /// <summary>Columns of a block: the k that one register spans.</summary>
    static abstract int Depth { get; }

    /// <summary>
    /// Widens a block. What comes out are fours, one for each pair of k in each pair of rows: both values of the first row, then those of the second.
    /// </summary>
    static abstract void Unpack(byte* register, double* fours);

    /// <summary>Transposes a block, and puts it in an order that unpacks to k by k the values of even rows and then those of odd ones.</summary>
    static abstract void Transpose(byte* register, byte* block);
}

/// <summary><c>tf32</c>: the lower 13 bits of a float are not looked at.</summary>
internal readonly unsafe struct TensorFragment : IFragment
{
    public static int Depth => 4;

    [MethodImpl(Lane.Hot)]
    public static void Unpack(byte* register, double* fours)
    {
        for (int i = 0; i < 32; i += 8)
        {
            Vector256<uint> rows = Vector256.Load((uint*)register + i) & Vector256.Create(0xFFFFE000u);
            Vector256<float> pairs = Vector256.Shuffle(rows.AsUInt64(), Vector256.Create(0ul, 2, 1, 3)).AsSingle();
            VectorMath.Widen(pairs.GetLower()).Store(fours + i);
            VectorMath.Widen(pairs.GetUpper()).Store(fours + i + 4);
        }
    }

    public static void Transpose(byte* register, byte* block)
    {
        for (int row = 0; row < 8; row++)
        {
            int place = (row & 4) | ((row & 1) << 1) | ((row >> 1) & 1);
            for (int k = 0; k < 4; k++)
            {
                ((uint*)block)[(k * 8) + place] = ((uint*)register)[(row * 4) + k];
            }
        }
    }
}
