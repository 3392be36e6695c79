using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Winnow.Simulator.Execution;

namespace Winnow.Simulator.Operations;

/// <summary>
/// A type of the factors of <c>mma</c>. The lanes of a register, read in order, are the rows of a block of 8 rows and
/// <see cref="Depth"/> columns; so a fragment is a list of blocks and needs no table.
/// </summary>
internal unsafe interface IFragment
{
    /// <summary>Columns of a block: the k that one register spans.</summary>
    static abstract int Depth { get; }

    /// <summary>Widens values <paramref name="index"/> * 8 and on of a register.</summary>
    static abstract Vector256<float> Load(byte* register, int index);

    /// <summary>Transposes a block: k by k, the values of even rows and then those of odd ones.</summary>
    static abstract void Transpose(byte* register, byte* block);
}

/// <summary><c>f16</c></summary>
internal readonly unsafe struct HalfFragment : IFragment
{
    public static int Depth => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(byte* register, int index) => HalfFloat.ToSingle(BrainFragment.Widen(register, index));

    public static void Transpose(byte* register, byte* block) => ShortMatrix.TransposeEvenOdd((ushort*)register, (ushort*)block);
}

/// <summary><c>bf16</c></summary>
internal readonly unsafe struct BrainFragment : IFragment
{
    public static int Depth => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(byte* register, int index) => BrainFloat.ToSingle(Widen(register, index));

    public static void Transpose(byte* register, byte* block) => ShortMatrix.TransposeEvenOdd((ushort*)register, (ushort*)block);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Widen(byte* register, int index)
    {
        (Vector128<uint> lower, Vector128<uint> upper) = Vector128.Widen(Vector128.Load((ushort*)register + (index * 8)));
        return Vector256.Create(lower, upper);
    }
}

/// <summary><c>tf32</c>: the lower 13 bits of a float are not looked at.</summary>
internal readonly unsafe struct TensorFragment : IFragment
{
    public static int Depth => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(byte* register, int index) =>
        (Vector256.Load((uint*)register + (index * 8)) & Vector256.Create(0xFFFFE000u)).AsSingle();

    public static void Transpose(byte* register, byte* block)
    {
        for (int row = 0; row < 8; row++)
        {
            int place = ((row & 1) * 4) + (row >> 1);
            for (int k = 0; k < 4; k++)
            {
                ((uint*)block)[(k * 8) + place] = ((uint*)register)[(row * 4) + k];
            }
        }
    }
}

/// <summary>
/// <c>mma.sync</c> of 16 rows and 8 columns with float factors. Products are exact. As measured on the A100 (Fasi et al., "Numerical behavior of NVIDIA tensor
/// cores", 2021), one step adds the products of one block of k (8 for 16-bit factors, 4 for tf32) to the accumulator and cuts the sum to float towards
/// zero; here the sum inside a step is taken in double with k ascending, so it is a little nearer than the hardware's, whose terms are cut when
/// they are aligned. An f16 accumulator is rounded to nearest once at the end. Each element depends on its row and column alone.
/// </summary>
internal sealed unsafe class FloatProduct<TFragment>(int[] d, int[] a, int[] b, int[] c) : Operation
    where TFragment : struct, IFragment
{
    private const int Rows = 8;
    private const int Columns = 8;
    private const int MaximumRegisters = 4;

    [SkipLocalsInit]
    [MethodImpl(Lane.Hot)]
    public override void Execute(Warp warp, uint lanes)
    {
        byte* registers = warp.Registers;
        double* rows = stackalloc double[MaximumRegisters * Rows * 8];
        double* columns = stackalloc double[2 * Columns * 8];
        float* sums = stackalloc float[4 * Warp.Lanes];
        byte* block = stackalloc byte[Lane.Step * 4];
        for (int i = 0; i < a.Length; i++)
        {
            Unpack(registers + a[i], rows + (i * Rows * TFragment.Depth));
        }

        for (int i = 0; i < b.Length; i++)
        {
            TFragment.Transpose(registers + b[i], block);
            Unpack(block, columns + (i * Columns * TFragment.Depth));
        }

        LoadSums(registers, sums);
        for (int row = 0; row < Rows; row += 2)
        {
            Multiply(rows + (row * TFragment.Depth), columns, sums + (row * 4));
        }

        StoreSums(registers, sums, lanes);
    }

    private static void Unpack(byte* register, double* block)
    {
        for (int i = 0; i < TFragment.Depth; i++)
        {
            (Vector256<double> lower, Vector256<double> upper) = Vector256.Widen(TFragment.Load(register, i));
            lower.Store(block + (i * 8));
            upper.Store(block + (i * 8) + 4);
        }
    }

    /// <summary>Two rows of the upper half and the two that lie 8 below them.</summary>
    private void Multiply(double* rows, double* columns, float* sums)
    {
        Quad first = new(sums);
        Quad second = new(sums + 4);
        for (int block = 0; block < b.Length; block++)
        {
            double* upper = rows + (block * 2 * Rows * TFragment.Depth);
            double* lower = upper + (Rows * TFragment.Depth);
            for (int k = 0; k < TFragment.Depth; k++, columns += Columns)
            {
                Vector256<double> even = Vector256.Load(columns);
                Vector256<double> odd = Vector256.Load(columns + 4);
                first.Add(upper[k], lower[k], even, odd);
                second.Add(upper[k + TFragment.Depth], lower[k + TFragment.Depth], even, odd);
            }

            first.Cut();
            second.Cut();
        }

        first.Store(sums);
        second.Store(sums + 4);
    }

    /// <summary>The sums of one row and of that 8 below it: even columns and odd ones.</summary>
    private struct Quad
    {
        private Vector256<double> _even;
        private Vector256<double> _odd;
        private Vector256<double> _lowerEven;
        private Vector256<double> _lowerOdd;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Quad(float* sums)
        {
            _even = Widen(sums);
            _odd = Widen(sums + Warp.Lanes);
            _lowerEven = Widen(sums + (2 * Warp.Lanes));
            _lowerOdd = Widen(sums + (3 * Warp.Lanes));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Add(double upper, double lower, Vector256<double> even, Vector256<double> odd)
        {
            Vector256<double> x = Vector256.Create(upper);
            Vector256<double> y = Vector256.Create(lower);
            _even = Vector256.FusedMultiplyAdd(x, even, _even);
            _odd = Vector256.FusedMultiplyAdd(x, odd, _odd);
            _lowerEven = Vector256.FusedMultiplyAdd(y, even, _lowerEven);
            _lowerOdd = Vector256.FusedMultiplyAdd(y, odd, _lowerOdd);
        }

        /// <summary>To the 24 bits of a float towards zero, still as doubles.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Cut()
        {
            Vector256<double> kept = Vector256.Create(0xFFFFFFFFE0000000).AsDouble();
            _even &= kept;
            _odd &= kept;
            _lowerEven &= kept;
            _lowerOdd &= kept;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Store(float* sums)
        {
            Narrow(_even).Store(sums);
            Narrow(_odd).Store(sums + Warp.Lanes);
            Narrow(_lowerEven).Store(sums + (2 * Warp.Lanes));
            Narrow(_lowerOdd).Store(sums + (3 * Warp.Lanes));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector256<double> Widen(float* at)
        {
            Vector128<float> values = Vector128.Load(at);
            return Vector256.Create(Vector128.WidenLower(values), Vector128.WidenUpper(values));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector128<float> Narrow(Vector256<double> value) => Vector128.Narrow(value.GetLower(), value.GetUpper());
    }

    private void LoadSums(byte* registers, float* sums)
    {
        for (int i = 0; i < 4; i++)
        {
            for (int at = 0; at < Warp.Lanes; at += 8)
            {
                Vector256<float> value = c.Length == 4
                    ? Vector256.Load((float*)(registers + c[i]) + at)
                    : HalfFloat.ToSingle(Vector256.Load((uint*)(registers + c[i >> 1]) + at) >>> (16 * (i & 1)));
                value.Store(sums + (i * Warp.Lanes) + at);
            }
        }
    }

    private void StoreSums(byte* registers, float* sums, uint lanes)
    {
        for (int i = 0; i < d.Length; i++)
        {
            for (int part = 0; part < 4; part++)
            {
                byte* at = registers + d[i] + (part * Lane.Step);
                if (d.Length == 4)
                {
                    Lane.Store(at, SingleFloat.Canonical(Vector256.Load(sums + (i * Warp.Lanes) + (part * 8))), lanes, part);
                    continue;
                }

                float* pair = sums + (i * 2 * Warp.Lanes) + (part * 8);
                Vector256<uint> packed = HalfFloat.FromSingle(Vector256.Load(pair)) | (HalfFloat.FromSingle(Vector256.Load(pair + Warp.Lanes)) << 16);
                Lane.Store(at, packed, lanes, part);
            }
        }
    }
}
