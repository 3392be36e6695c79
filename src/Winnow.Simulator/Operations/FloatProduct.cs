using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Winnow.Simulator.Execution;

namespace Winnow.Simulator.Operations;

/// <summary>
/// <c>mma.sync</c> of 16 rows and 8 columns with float factors. Products are exact. As measured on the A100 (Fasi et al., "Numerical behavior of NVIDIA tensor
/// cores", 2021), one step adds the products of one block of k (8 for 16-bit factors, 4 for tf32) to the accumulator and cuts the sum to float towards
/// zero; from Hopper on a step spans both blocks, as one of <see cref="WarpgroupProduct{TA, TB, TSum}"/> does. Here the sum inside a step is taken in double with k
/// ascending, so it is a little nearer than the hardware's, whose terms are cut when they are aligned. An f16 accumulator is rounded to nearest once
/// at the end. Each element depends on its row and column alone.
/// </summary>
internal sealed unsafe class FloatProduct<TFragment>(int[] d, int[] a, int[] b, int[] c, bool isOneStep) : Operation
    where TFragment : struct, IFragment
{
    private const int Rows = 8;
    private const int Columns = 8;
    private const int MaximumRegisters = 4;

    [SkipLocalsInit]
    [MethodImpl(Lane.Hot)]
    public override void Execute(Warp warp, uint lanes)
    {
        const int RowValues = MaximumRegisters * Rows * 8;
        const int ColumnValues = 2 * Columns * 8;
        byte* registers = warp.Registers;
        byte* block = stackalloc byte[Lane.Step * 4];
        byte* scratch = stackalloc byte[((RowValues + ColumnValues) * sizeof(double)) + Lane.Step];
        double* rows = (double*)((nint)(scratch + Lane.Step - 1) & -Lane.Step);
        double* columns = rows + RowValues;
        for (int i = 0; i < a.Length; i++)
        {
            TFragment.Unpack(registers + a[i], rows + (i * Rows * TFragment.Depth));
        }

        for (int i = 0; i < b.Length; i++)
        {
            TFragment.Transpose(registers + b[i], block);
            TFragment.Unpack(block, columns + (i * Columns * TFragment.Depth));
        }

        for (int part = 0; part < 4; part++)
        {
            Multiply(registers, rows + (part * 2 * TFragment.Depth), columns, lanes, part);
        }
    }

    /// <summary>Two rows of the upper half and the two that lie 8 below them: those that vectors <paramref name="part"/> of the sums hold.</summary>
    [MethodImpl(Lane.Hot)]
    private void Multiply(byte* registers, double* rows, double* columns, uint lanes, int part)
    {
        Vector256<float> sum0 = LoadSums(registers, 0, part);
        Vector256<float> sum1 = LoadSums(registers, 1, part);
        Vector256<float> sum2 = LoadSums(registers, 2, part);
        Vector256<float> sum3 = LoadSums(registers, 3, part);
        Quad first = new(sum0.GetLower(), sum1.GetLower(), sum2.GetLower(), sum3.GetLower());
        Quad second = new(sum0.GetUpper(), sum1.GetUpper(), sum2.GetUpper(), sum3.GetUpper());
        for (int block = 0; block < b.Length; block++)
        {
            double* upper = rows + (block * 2 * Rows * TFragment.Depth);
            double* lower = upper + (Rows * TFragment.Depth);
            for (double* end = upper + (2 * TFragment.Depth); upper < end; upper += 4, lower += 4, columns += 2 * Columns)
            {
                var even = Vector256.Load(columns);
                var odd = Vector256.Load(columns + 4);
                first.Add(upper, lower, even, odd);
                second.Add(upper + 2, lower + 2, even, odd);
                even = Vector256.Load(columns + Columns);
                odd = Vector256.Load(columns + Columns + 4);
                first.Add(upper + 1, lower + 1, even, odd);
                second.Add(upper + 3, lower + 3, even, odd);
            }

            if (!isOneStep || block + 1 == b.Length)
            {
                first.Cut();
                second.Cut();
            }
        }

        registers += part * Lane.Step;
        StoreSums(registers, Narrow(first.Even, second.Even), Narrow(first.Odd, second.Odd), 0, lanes, part);
        StoreSums(registers, Narrow(first.LowerEven, second.LowerEven), Narrow(first.LowerOdd, second.LowerOdd), 1, lanes, part);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Narrow(Vector256<double> lower, Vector256<double> upper) => Vector256.Create(VectorMath.Narrow(lower), VectorMath.Narrow(upper));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector256<float> LoadSums(byte* registers, int index, int part)
    {
        if (c.Length == 4)
        {
            return Lane.Load<float>(registers + c[index] + (part * Lane.Step));
        }

        return HalfFloat.ToSingle(Lane.Load<uint>(registers + c[index >> 1] + (part * Lane.Step)) >>> (16 * (index & 1)));
    }

    /// <summary>Writes sums of the upper half (0) or the lower one (1).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void StoreSums(byte* registers, Vector256<float> even, Vector256<float> odd, int half, uint lanes, int part)
    {
        if (d.Length == 4)
        {
            Lane.Store(registers + d[half * 2], SingleFloat.Canonical(even), lanes, part);
            Lane.Store(registers + d[(half * 2) + 1], SingleFloat.Canonical(odd), lanes, part);
            return;
        }

        Lane.Store(registers + d[half], HalfFloat.FromSingle(even) | (HalfFloat.FromSingle(odd) << 16), lanes, part);
    }

    /// <summary>The sums of one row and of that 8 below it: even columns and odd ones.</summary>
    private struct Quad
    {
        public Vector256<double> Even;
        public Vector256<double> Odd;
        public Vector256<double> LowerEven;
        public Vector256<double> LowerOdd;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Quad(Vector128<float> even, Vector128<float> odd, Vector128<float> lowerEven, Vector128<float> lowerOdd)
        {
            Even = VectorMath.Widen(even);
            Odd = VectorMath.Widen(odd);
            LowerEven = VectorMath.Widen(lowerEven);
            LowerOdd = VectorMath.Widen(lowerOdd);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Add(double* upper, double* lower, Vector256<double> even, Vector256<double> odd)
        {
            // Read only here: loads spread a value for nothing, but one that is in a register already takes a shuffle in the place of a multiplication.
            var x = Vector256.Create(*upper);
            Even = Vector256.FusedMultiplyAdd(x, even, Even);
            Odd = Vector256.FusedMultiplyAdd(x, odd, Odd);
            var y = Vector256.Create(*lower);
            LowerEven = Vector256.FusedMultiplyAdd(y, even, LowerEven);
            LowerOdd = Vector256.FusedMultiplyAdd(y, odd, LowerOdd);
        }

        /// <summary>To the 24 bits of a float towards zero, still as doubles.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Cut()
        {
            Vector256<double> kept = Vector256.Create(0xFFFFFFFFE0000000).AsDouble();
            Even &= kept;
            Odd &= kept;
            LowerEven &= kept;
            LowerOdd &= kept;
        }
    }
}
