using System;
using System.Runtime.Intrinsics;
using Winnow.Simulator.Execution;

namespace Winnow.Simulator.Operations;

/// <summary><c>mma.sync</c> of bytes with 32-bit sums: a register is a block of 8 rows and 16 columns, as in <see cref="IFragment"/>.</summary>
internal sealed unsafe class IntegerProduct(int[] d, int[] a, int[] b, int[] c, bool isASigned, bool isBSigned, bool isSaturated) : Operation
{
    private const int Rows = 8;
    private const int Depth = 16;

    public override void Execute(Warp warp, uint lanes)
    {
        byte* registers = warp.Registers;
        int rowBlocks = d.Length / 2;
        int* rows = stackalloc int[4 * Rows * Depth];
        int* columns = stackalloc int[2 * 8 * Depth];
        int* sums = stackalloc int[4 * Warp.Lanes];
        for (int i = 0; i < a.Length; i++)
        {
            Unpack(registers + a[i], isASigned, rows + (i * Rows * Depth));
        }

        for (int i = 0; i < b.Length; i++)
        {
            UnpackTransposed(registers + b[i], columns + (i * 8 * Depth));
        }

        for (int row = 0; row < Rows * rowBlocks; row++)
        {
            Vector256<int> sum = Vector256<int>.Zero;
            for (int k = 0; k < b.Length * Depth; k++)
            {
                int block = (k / Depth * rowBlocks) + (row / Rows);
                sum += Vector256.Create(rows[(((block * Rows) + (row % Rows)) * Depth) + (k % Depth)]) * Vector256.Load(columns + (k * 8));
            }

            int* at = sums + (row / Rows * 2 * Warp.Lanes) + (row % Rows * 4);
            sum.GetLower().Store(at);
            sum.GetUpper().Store(at + Warp.Lanes);
        }

        Add(registers, sums, lanes);
    }

    private static void Unpack(byte* register, bool isSigned, int* block)
    {
        for (int i = 0; i < Rows * Depth; i++)
        {
            block[i] = isSigned ? (sbyte)register[i] : register[i];
        }
    }

    // Even columns come before odd ones, since even and odd columns of the sums lie in registers of their own.
    private void UnpackTransposed(byte* register, int* block)
    {
        for (int i = 0; i < 8 * Depth; i++)
        {
            int column = i / Depth;
            int place = ((column & 1) * 4) + (column >> 1);
            block[(i % Depth * 8) + place] = isBSigned ? (sbyte)register[i] : register[i];
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
