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
}

/// <summary><c>f16</c></summary>
internal readonly unsafe struct HalfFragment : IFragment
{
    public static int Depth => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(byte* register, int index) => HalfFloat.ToSingle(BrainFragment.Widen(register, index));
}

/// <summary><c>bf16</c></summary>
internal readonly unsafe struct BrainFragment : IFragment
{
    public static int Depth => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(byte* register, int index) => BrainFloat.ToSingle(Widen(register, index));

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

    public override void Execute(Warp warp, uint lanes)
    {
        byte* registers = warp.Registers;
        double* rows = stackalloc double[MaximumRegisters * Rows * 8];
        double* columns = stackalloc double[2 * Columns * 8];
        float* sums = stackalloc float[4 * Warp.Lanes];
        for (int i = 0; i < a.Length; i++)
        {
            Unpack(registers + a[i], rows + (i * Rows * TFragment.Depth));
        }

        for (int i = 0; i < b.Length; i++)
        {
            UnpackTransposed(registers + b[i], columns + (i * Columns * TFragment.Depth));
        }

        LoadSums(registers, sums);
        for (int row = 0; row < Rows; row++)
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

    // Even columns come before odd ones, since even and odd columns of the sums lie in registers of their own.
    private static void UnpackTransposed(byte* register, double* block)
    {
        double* straight = stackalloc double[Columns * TFragment.Depth];
        Unpack(register, straight);
        for (int column = 0; column < Columns; column++)
        {
            int place = ((column & 1) * 4) + (column >> 1);
            for (int k = 0; k < TFragment.Depth; k++)
            {
                block[(k * Columns) + place] = straight[(column * TFragment.Depth) + k];
            }
        }
    }

    private void Multiply(double* rows, double* columns, float* sums)
    {
        float* lowerSums = sums + (2 * Warp.Lanes);
        Vector256<double> even = Widen(sums);
        Vector256<double> odd = Widen(sums + Warp.Lanes);
        Vector256<double> lowerEven = Widen(lowerSums);
        Vector256<double> lowerOdd = Widen(lowerSums + Warp.Lanes);
        for (int block = 0; block < b.Length; block++)
        {
            double* upper = rows + (block * 2 * Rows * TFragment.Depth);
            double* lower = upper + (Rows * TFragment.Depth);
            for (int k = 0; k < TFragment.Depth; k++, columns += Columns)
            {
                Vector256<double> evenColumns = Vector256.Load(columns);
                Vector256<double> oddColumns = Vector256.Load(columns + 4);
                even = Vector256.FusedMultiplyAdd(Vector256.Create(upper[k]), evenColumns, even);
                odd = Vector256.FusedMultiplyAdd(Vector256.Create(upper[k]), oddColumns, odd);
                lowerEven = Vector256.FusedMultiplyAdd(Vector256.Create(lower[k]), evenColumns, lowerEven);
                lowerOdd = Vector256.FusedMultiplyAdd(Vector256.Create(lower[k]), oddColumns, lowerOdd);
            }

            even = Cut(even);
            odd = Cut(odd);
            lowerEven = Cut(lowerEven);
            lowerOdd = Cut(lowerOdd);
        }

        Narrow(even).Store(sums);
        Narrow(odd).Store(sums + Warp.Lanes);
        Narrow(lowerEven).Store(lowerSums);
        Narrow(lowerOdd).Store(lowerSums + Warp.Lanes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Widen(float* at)
    {
        Vector128<float> values = Vector128.Load(at);
        return Vector256.Create(Vector128.WidenLower(values), Vector128.WidenUpper(values));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Narrow(Vector256<double> value) => Vector128.Narrow(value.GetLower(), value.GetUpper());

    // To float towards zero, still as double. An overflow stays infinite.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Cut(Vector256<double> value)
    {
        Vector128<float> near = Narrow(value);
        Vector256<double> wide = Vector256.Create(Vector128.WidenLower(near), Vector128.WidenUpper(near));
        Vector256<double> size = Vector256.Abs(wide);
        Vector256<double> isFar = Vector256.GreaterThan(size, Vector256.Abs(value)) & Vector256.LessThan(size, Vector256.Create(double.PositiveInfinity));
        Vector128<int> step = Vector128.Narrow(isFar.GetLower().AsInt64(), isFar.GetUpper().AsInt64());
        Vector128<float> cut = (near.AsInt32() + step).AsSingle();
        return Vector256.Create(Vector128.WidenLower(cut), Vector128.WidenUpper(cut));
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
