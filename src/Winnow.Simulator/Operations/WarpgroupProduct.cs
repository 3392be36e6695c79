using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Winnow.Simulator.Execution;
using Winnow.Simulator.Execution.Control;
using Winnow.Simulator.Execution.Memory;

namespace Winnow.Simulator.Operations;

/// <summary>
/// <c>wgmma.mma_async</c> of 64 rows, of which each warp of the warpgroup computes 16. Products are exact; one instruction adds them (32 for 8-bit factors, 16
/// for 16-bit ones, 8 for tf32) to the accumulator in double with k ascending and cuts the sum to float towards zero. The hardware cuts the terms when it aligns
/// them, so this is a little nearer, and for 8-bit floats, of whose sums the hardware keeps fewer bits, a good deal nearer. An f16 accumulator is rounded to
/// nearest once at the end. Integers are exact.
/// </summary>
internal sealed unsafe class WarpgroupProduct<TA, TB, TSum>(ProductShape shape) : Operation
    where TA : struct, IProductElement
    where TB : struct, IProductElement
    where TSum : struct, IProductSum
{
    private const int Rows = 16;
    private const int Four = 4;
    private const int MostDepth = 32;

    private static int Depth => 2 * TA.Count;

    [SkipLocalsInit]
    public override void Execute(Warp warp, uint lanes)
    {
        double* a = stackalloc double[Rows * MostDepth];
        float* sums = stackalloc float[2 * Warp.Lanes];
        ulong aBits = shape.ADescriptor < 0 ? 0 : Descriptor(warp, shape.ADescriptor);
        ulong bBits = Descriptor(warp, shape.BDescriptor);
        ProductFactor factor = warp.Block.IssueProduct(warp, this, aBits, bBits);
        if (warp.Block.Launch.Checks)
        {
            CheckRegisters(warp);
        }

        if (shape.ADescriptor >= 0)
        {
            ReadA(warp, new MatrixDescriptor(aBits), a);
        }
        else
        {
            ReadFragment(warp.Registers, a);
        }

        for (int i = 0; shape.Sign < 0 && i < Rows * Depth; i++)
        {
            a[i] = -a[i];
        }

        fixed (double* b = factor.Values)
        {
            if (!factor.IsRead)
            {
                ReadB(warp, new MatrixDescriptor(bBits), b);
                factor.IsRead = true;
            }
            else if (warp.Block.Launch.Checks)
            {
                LookAtB(warp, new MatrixDescriptor(bBits));
            }

            Multiply(warp.Registers, a, b, sums, (shape.Scale.Read(warp.Registers) & 1) != 0);
        }
    }

    /// <summary>A descriptor, which must be the same for all lanes.</summary>
    private static ulong Descriptor(Warp warp, int register)
    {
        ulong* values = (ulong*)(warp.Registers + register);
        int other = new ReadOnlySpan<ulong>(values, Warp.Lanes).IndexOfAnyExcept(values[0]);
        return other < 0 || warp.Live != uint.MaxValue
            ? values[0]
            : throw warp.Fault(FaultKinds.InvalidOperand, other, $"the descriptor 0x{values[other]:x} where lane 0 has 0x{values[0]:x}");
    }

    private void CheckRegisters(Warp warp)
    {
        ProductRegisters registers = warp.Frame.Products!;
        if (warp.ProductFences == 0)
        {
            throw warp.Fault(FaultKinds.MissingFence, 0, "there is no wgmma.fence before the first wgmma");
        }

        foreach (int register in shape.A)
        {
            Check(warp, registers, register, registers.IsAccumulating(register, warp.ProductsDone));
            registers.Use(register, warp.ProductGroup, isAccumulator: false);
        }

        foreach (int register in shape.D)
        {
            bool isFactor = registers.IsUsed(register, warp.ProductsDone) && !registers.IsAccumulating(register, warp.ProductsDone);
            Check(warp, registers, register, isFactor);
            registers.Use(register, warp.ProductGroup, isAccumulator: true);
        }
    }

    private static void Check(Warp warp, ProductRegisters registers, int register, bool isInUse)
    {
        if (isInUse)
        {
            throw warp.Fault(FaultKinds.MissingWait, 0, "a register that another wgmma still uses, because no wgmma.wait_group waited for it");
        }

        if (registers.IsUnfenced(register, warp.ProductFences))
        {
            throw warp.Fault(FaultKinds.MissingFence, 0, "a register that was written without a wgmma.fence after it");
        }
    }

    /// <summary>The pointer to 16 bytes of a factor.</summary>
    private static byte* Chunk(Warp warp, int offset)
    {
        if (offset + BulkSize.Step > warp.Block.SharedBytes)
        {
            string problem = $"a factor at byte {offset} of the {warp.Block.SharedBytes} bytes of shared memory";
            throw warp.Fault(FaultKinds.OutOfBounds, 0, problem);
        }

        warp.Block.ReadFactor(warp, offset);
        return warp.Block.Shared + offset;
    }

    /// <summary>Reads the rows of the warp: all k of a row, row after row.</summary>
    private void ReadA(Warp warp, MatrixDescriptor descriptor, double* a)
    {
        double* values = stackalloc double[TA.Count];
        int first = warp.Index % 4 * Rows;
        if (!shape.IsATransposed)
        {
            for (int i = 0; i < 2 * Rows; i++)
            {
                TA.Widen(Chunk(warp, descriptor.OfRow(first + (i / 2), i % 2)), a + (i * TA.Count));
            }

            return;
        }

        for (int k = 0; k < Depth; k++)
        {
            for (int part = 0; part < Rows / TA.Count; part++)
            {
                TA.Widen(Chunk(warp, descriptor.OfColumn(k, (first / TA.Count) + part)), values);
                for (int i = 0; i < TA.Count; i++)
                {
                    a[(((part * TA.Count) + i) * Depth) + k] = values[i];
                }
            }
        }
    }

    /// <summary>Reads the rows of the warp from registers: four neighbouring lanes hold a chunk of a row.</summary>
    private void ReadFragment(byte* registers, double* a)
    {
        for (int i = 0; i < shape.A.Length; i++)
        {
            byte* register = registers + shape.A[i];
            double* rows = a + (i % 2 * 8 * Depth) + (i / 2 * TA.Count);
            for (int row = 0; row < 8; row++)
            {
                TA.Widen(register + (row * BulkSize.Step), rows + (row * Depth));
            }
        }
    }

    /// <summary>Reads the second factor: for even and odd columns of each eight, k after k the four that lie in neighbouring lanes.</summary>
    private void ReadB(Warp warp, MatrixDescriptor descriptor, double* b)
    {
        double* values = stackalloc double[TB.Count];
        if (!shape.IsBTransposed)
        {
            for (int n = 0; n < shape.N; n++)
            {
                double* column = b + (((n / 8 * 2) + (n % 2)) * Depth * Four) + (n % 8 / 2);
                for (int part = 0; part < 2; part++)
                {
                    TB.Widen(Chunk(warp, descriptor.OfRow(n, part)), values);
                    for (int i = 0; i < TB.Count; i++, column += Four)
                    {
                        *column = values[i];
                    }
                }
            }

            return;
        }

        for (int k = 0; k < Depth; k++)
        {
            for (int block = 0; block < shape.N / 8; block++)
            {
                TB.Widen(Chunk(warp, descriptor.OfColumn(k, block)), values);
                double* row = b + (((block * 2 * Depth) + k) * Four);
                for (int i = 0; i < 8; i++)
                {
                    row[(i % 2 * Depth * Four) + (i / 2)] = values[i];
                }
            }
        }
    }

    /// <summary>Looks whether the warp may read what another one read for it.</summary>
    private void LookAtB(Warp warp, MatrixDescriptor descriptor)
    {
        for (int i = 0; i < 2 * shape.N && !shape.IsBTransposed; i++)
        {
            _ = Chunk(warp, descriptor.OfRow(i / 2, i % 2));
        }

        for (int i = 0; i < Depth * shape.N / 8 && shape.IsBTransposed; i++)
        {
            _ = Chunk(warp, descriptor.OfColumn(i % Depth, i / Depth));
        }
    }

    private void Multiply(byte* registers, double* a, double* b, float* sums, bool adds)
    {
        for (int block = 0; block < shape.N / 8; block++)
        {
            for (int half = 0; half < 2; half++)
            {
                float* even = shape.IsHalf ? sums : (float*)(registers + shape.D[(block * 4) + (half * 2)]);
                float* odd = shape.IsHalf ? sums + Warp.Lanes : (float*)(registers + shape.D[(block * 4) + (half * 2) + 1]);
                if (shape.IsHalf)
                {
                    Unpack((uint*)(registers + shape.D[(block * 2) + half]), even, odd);
                }

                double* rows = a + (half * 8 * Depth);
                double* columns = b + (block * 2 * Depth * Four);
                Multiply(rows, columns, even, adds);
                Multiply(rows, columns + (Depth * Four), odd, adds);
                if (shape.IsHalf)
                {
                    Pack(even, odd, (uint*)(registers + shape.D[(block * 2) + half]));
                }
            }
        }
    }

    /// <summary>Eight rows and the four columns of a register.</summary>
    [MethodImpl(Lane.Hot)]
    private static void Multiply(double* rows, double* columns, float* sums, bool adds)
    {
        Vector256<double> sum0 = Start(sums, 0, adds);
        Vector256<double> sum1 = Start(sums, 1, adds);
        Vector256<double> sum2 = Start(sums, 2, adds);
        Vector256<double> sum3 = Start(sums, 3, adds);
        Vector256<double> sum4 = Start(sums, 4, adds);
        Vector256<double> sum5 = Start(sums, 5, adds);
        Vector256<double> sum6 = Start(sums, 6, adds);
        Vector256<double> sum7 = Start(sums, 7, adds);
        for (double* end = rows + Depth; rows < end; rows++, columns += Four)
        {
            var column = Vector256.Load(columns);
            sum0 = Vector256.FusedMultiplyAdd(Vector256.Create(*rows), column, sum0);
            sum1 = Vector256.FusedMultiplyAdd(Vector256.Create(rows[Depth]), column, sum1);
            sum2 = Vector256.FusedMultiplyAdd(Vector256.Create(rows[2 * Depth]), column, sum2);
            sum3 = Vector256.FusedMultiplyAdd(Vector256.Create(rows[3 * Depth]), column, sum3);
            sum4 = Vector256.FusedMultiplyAdd(Vector256.Create(rows[4 * Depth]), column, sum4);
            sum5 = Vector256.FusedMultiplyAdd(Vector256.Create(rows[5 * Depth]), column, sum5);
            sum6 = Vector256.FusedMultiplyAdd(Vector256.Create(rows[6 * Depth]), column, sum6);
            sum7 = Vector256.FusedMultiplyAdd(Vector256.Create(rows[7 * Depth]), column, sum7);
        }

        TSum.Store(sum0, sum1, sums);
        TSum.Store(sum2, sum3, sums + (2 * Four));
        TSum.Store(sum4, sum5, sums + (4 * Four));
        TSum.Store(sum6, sum7, sums + (6 * Four));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Start(float* sums, int row, bool adds) => adds ? TSum.Start(sums + (row * Four)) : Vector256<double>.Zero;

    private static void Unpack(uint* pairs, float* even, float* odd)
    {
        for (int i = 0; i < Warp.Lanes; i += Vector256<uint>.Count)
        {
            var both = Vector256.Load(pairs + i);
            HalfFloat.ToSingle(both).Store(even + i);
            HalfFloat.ToSingle(both >>> 16).Store(odd + i);
        }
    }

    private static void Pack(float* even, float* odd, uint* pairs)
    {
        for (int i = 0; i < Warp.Lanes; i += Vector256<uint>.Count)
        {
            (HalfFloat.FromSingle(Vector256.Load(even + i)) | (HalfFloat.FromSingle(Vector256.Load(odd + i)) << 16)).Store(pairs + i);
        }
    }
}
