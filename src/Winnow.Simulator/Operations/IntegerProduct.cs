using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Winnow.Simulator.Execution;

namespace Winnow.Simulator.Operations;

/// <summary><c>mma.sync</c> of bytes with 32-bit sums: a register is a block of 8 rows and 16 columns, as in <see cref="IFragment"/>.</summary>
internal sealed unsafe class IntegerProduct(int[] d, int[] a, int[] b, int[] c, bool isASigned, bool isBSigned, bool isSaturated) : Operation
{
    private const int Rows = 8;
    private const int Pairs = 8;

    [SkipLocalsInit]
    [MethodImpl(Lane.Hot)]
    public override void Execute(Warp warp, uint lanes)
    {
        byte* registers = warp.Registers;
        int rowBlocks = d.Length / 2;
        int* rows = stackalloc int[4 * Rows * Pairs];
        int* columns = stackalloc int[2 * 8 * Pairs];
        int* sums = stackalloc int[4 * Warp.Lanes];
        for (int i = 0; i < a.Length; i++)
        {
            Unpack(registers + a[i], isASigned, rows + (i * Rows * Pairs));
        }

        for (int i = 0; i < b.Length; i++)
        {
            UnpackTransposed(registers + b[i], columns + (i * 8 * Pairs));
        }

        for (int row = 0; row < Rows * rowBlocks; row++)
        {
            Vector256<int> sum = Vector256<int>.Zero;
            for (int block = 0; block < b.Length; block++)
            {
                int* values = rows + ((((block * rowBlocks) + (row / Rows)) * Rows) + (row % Rows)) * Pairs;
                int* column = columns + (block * 8 * Pairs);
                for (int pair = 0; pair < Pairs; pair++)
                {
                    sum += VectorMath.MultiplyPairs(Vector256.Create(values[pair]), Vector256.Load(column + (pair * 8)));
                }
            }

            int* at = sums + (row / Rows * 2 * Warp.Lanes) + (row % Rows * 4);
            sum.GetLower().Store(at);
            sum.GetUpper().Store(at + Warp.Lanes);
        }

        Add(registers, sums, lanes);
    }

    /// <summary>Bytes as 16-bit integers, two in an element.</summary>
    private static void Unpack(byte* register, bool isSigned, int* block)
    {
        for (int i = 0; i < 4; i++)
        {
            Vector256<byte> bytes = Vector256.Load(register + (i * Lane.Step));
            (Vector256<short> lower, Vector256<short> upper) = Vector256.Widen(bytes.AsSByte());
            if (!isSigned)
            {
                lower &= Vector256.Create((short)0xFF);
                upper &= Vector256.Create((short)0xFF);
            }

            lower.AsInt32().Store(block + (i * 16));
            upper.AsInt32().Store(block + (i * 16) + 8);
        }
    }

    // Even columns come before odd ones, since even and odd columns of the sums lie in registers of their own.
    private void UnpackTransposed(byte* register, int* block)
    {
        int* straight = stackalloc int[8 * Pairs];
        Unpack(register, isBSigned, straight);
        for (int column = 0; column < 8; column++)
        {
            int place = ((column & 1) * 4) + (column >> 1);
            for (int pair = 0; pair < Pairs; pair++)
            {
                block[(pair * 8) + place] = straight[(column * Pairs) + pair];
            }
        }
    }

    private void Add(byte* registers, int* sums, uint lanes)
    {
        for (int i = 0; i < d.Length; i++)
        {
            int* addend = (int*)(registers + c[i]);
            int* sum = sums + (i * Warp.Lanes);
            for (int lane = 0; lane < Warp.Lanes; lane++)
            {
                long exact = (long)sum[lane] + addend[lane];
                sum[lane] = isSaturated ? (int)Math.Clamp(exact, int.MinValue, int.MaxValue) : (int)exact;
            }
        }

        for (int i = 0; i < d.Length; i++)
        {
            for (int part = 0; part < 4; part++)
            {
                Lane.Store(registers + d[i] + (part * Lane.Step), Vector256.Load(sums + (i * Warp.Lanes) + (part * 8)), lanes, part);
            }
        }
    }
}
