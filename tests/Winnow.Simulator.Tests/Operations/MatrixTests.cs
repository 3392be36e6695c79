using System;
using System.Linq;
using NUnit.Framework;

namespace Winnow.Simulator.Tests.Operations;

/// <summary><c>mma.sync</c> against naive products in double; where each element lies is written out as the ISA's figures show it.</summary>
public sealed class MatrixTests
{
    private readonly record struct Shape(string Text, int Rows, int Depth, int PerRegister, Func<ulong, double> Value, Func<double, ulong> Bits);

    private static readonly Shape[] FloatShapes =
    [
        new("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32", 16, 16, 2, bits => Operations.Bits.H(bits), Operations.Bits.OfH),
        new("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32", 16, 8, 2, bits => Operations.Bits.H(bits), Operations.Bits.OfH),
        new("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32", 16, 16, 2, bits => Operations.Bits.B(bits), Operations.Bits.OfB),
        new("mma.sync.aligned.m16n8k8.row.col.f32.bf16.bf16.f32", 16, 8, 2, bits => Operations.Bits.B(bits), Operations.Bits.OfB),
        new("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32", 16, 8, 1, Tensor, value => Operations.Bits.OfF((float)value)),
        new("mma.sync.aligned.m16n8k4.row.col.f32.tf32.tf32.f32", 16, 4, 1, Tensor, value => Operations.Bits.OfF((float)value)),
    ];

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    [TestCase(4)]
    [TestCase(5)]
    public void Multiply_IsNearTheProductInDouble(int index)
    {
        Shape shape = FloatShapes[index];
        Random random = new(index);
        for (int round = 0; round < 20; round++)
        {
            using TestWarp warp = new();
            double[,] a = FillA(warp, shape, random);
            double[,] b = FillB(warp, shape, random);
            double[,] c = FillSums(warp, random);
            OneInstruction.Run(warp, Statement(shape));
            for (int row = 0; row < 16; row++)
            {
                for (int column = 0; column < 8; column++)
                {
                    double exact = c[row, column];
                    double size = Math.Abs(exact);
                    for (int k = 0; k < shape.Depth; k++)
                    {
                        exact += a[row, k] * b[k, column];
                        size += Math.Abs(a[row, k] * b[k, column]);
                    }

                    // Each step of the hardware cuts once: at most one unit in the last place of the largest partial sum.
                    int steps = shape.PerRegister == 2 ? shape.Depth / 8 : shape.Depth / 4;
                    Assert.That(Sum(warp, row, column), Is.EqualTo(exact).Within(steps * size * Math.Pow(2, -23)), $"{row}, {column}");
                }
            }
        }
    }

    [Test]
    public void Multiply_OfSmallIntegersIsExact()
    {
        Random random = new(5);
        using TestWarp warp = new();
        Shape shape = FloatShapes[0];
        double[,] a = FillA(warp, shape, random, () => random.Next(-8, 9));
        double[,] b = FillB(warp, shape, random, () => random.Next(-8, 9));
        double[,] c = FillSums(warp, random, () => random.Next(-100, 100));
        OneInstruction.Run(warp, Statement(shape));
        ForEach(16, 8, (row, column) => Assert.That(
            Sum(warp, row, column), Is.EqualTo(c[row, column] + Enumerable.Range(0, 16).Sum(k => a[row, k] * b[k, column]))));
    }

    [Test]
    public void Multiply_CutsTowardsZero()
    {
        // 1 + 2^-24 + 2^-24 + ... within one step: only the step's sum is cut, so sixteen halves of a unit are not lost.
        using TestWarp warp = new();
        Shape shape = FloatShapes[0];
        FillA(warp, shape, null!, () => Math.Pow(2, -12));
        FillB(warp, shape, null!, () => Math.Pow(2, -13));
        FillSums(warp, null!, () => 1);
        OneInstruction.Run(warp, Statement(shape));

        // Each step adds 8 * 2^-25 = 2^-22, exactly.
        Assert.That(Sum(warp, 3, 5), Is.EqualTo(1 + Math.Pow(2, -21)));

        // 1 + 7 * 2^-25 lies above the middle between 1 and its neighbour, and is cut to 1.
        FillA(warp, FloatShapes[1], null!, () => 0);
        FillB(warp, FloatShapes[1], null!, () => Math.Pow(2, -13));
        FillSums(warp, null!, () => 1);
        for (int k = 0; k < 7; k++)
        {
            SetA(warp, FloatShapes[1], 3, k, Math.Pow(2, -13));
        }

        OneInstruction.Run(warp, Statement(FloatShapes[1]));
        Assert.That(Sum(warp, 3, 5), Is.EqualTo(1));
    }

    [TestCase("m16n8k16", 16)]
    [TestCase("m16n8k8", 8)]
    public void MultiplyToHalf_RoundsTheSumOnce(string name, int depth)
    {
        Random random = new(6);
        Shape shape = FloatShapes[0] with { Depth = depth };
        using TestWarp warp = new();
        double[,] a = FillA(warp, shape, random);
        double[,] b = FillB(warp, shape, random);
        double[,] c = new double[16, 8];
        ForEach(16, 8, (row, column) =>
        {
            c[row, column] = (double)(Half)(random.NextDouble() - 0.5);
            SetShort(warp, $"%r{40 + (row / 8)}", (row % 8 * 4) + (column / 2), column & 1, Operations.Bits.OfH(c[row, column]));
        });
        string registers = depth == 16 ? "{%r10,%r11,%r12,%r13}, {%r20,%r21}" : "{%r10,%r11}, {%r20}";
        OneInstruction.Run(warp, $"mma.sync.aligned.{name}.row.col.f16.f16.f16.f16 {{%r50,%r51}}, {registers}, {{%r40,%r41}};");
        ForEach(16, 8, (row, column) =>
        {
            double exact = c[row, column] + Enumerable.Range(0, depth).Sum(k => a[row, k] * b[k, column]);
            double actual = Operations.Bits.H(GetShort(warp, $"%r{50 + (row / 8)}", (row % 8 * 4) + (column / 2), column & 1));
            Assert.That(actual, Is.EqualTo(exact).Within((Math.Abs(exact) * Math.Pow(2, -11)) + Math.Pow(2, -20)));
        });
    }

    [TestCase("m16n8k32", 16, 32, "s8", "s8", false)]
    [TestCase("m16n8k32", 16, 32, "u8", "s8", false)]
    [TestCase("m16n8k16", 16, 16, "s8", "u8", false)]
    [TestCase("m8n8k16", 8, 16, "u8", "u8", false)]
    [TestCase("m16n8k32", 16, 32, "s8", "s8", true)]
    public void MultiplyBytes_IsExact(string name, int rows, int depth, string aType, string bType, bool isSaturated)
    {
        Random random = new(7);
        using TestWarp warp = new();
        long[,] a = new long[rows, depth];
        long[,] b = new long[depth, 8];
        long[,] c = new long[rows, 8];
        int rowBlocks = rows / 8;
        ForEach(rows, depth, (row, k) => a[row, k] = SetByte(
            warp, $"%r{10 + (k / 16 * rowBlocks) + (row / 8)}", (row % 8 * 4) + (k % 16 / 4), k % 4, random.Next(256), aType));
        ForEach(depth, 8, (k, column) => b[k, column] = SetByte(warp, $"%r{20 + (k / 16)}", (column * 4) + (k % 16 / 4), k % 4, random.Next(256), bType));
        ForEach(rows, 8, (row, column) =>
        {
            c[row, column] = isSaturated ? (random.Next(2) == 0 ? int.MaxValue : int.MinValue) : (int)random.NextInt64(int.MinValue, int.MaxValue);
            warp.Set($"%r{30 + (row / 8 * 2) + (column & 1)}", 32, (row % 8 * 4) + (column / 2), (uint)(int)c[row, column]);
        });
        string suffix = isSaturated ? ".satfinite" : "";
        OneInstruction.Run(warp, $"mma.sync.aligned.{name}.row.col{suffix}.s32.{aType}.{bType}.s32 {List(50, rows / 4)}, {List(10, rows * depth / 128)}, {List(20, depth / 16)}, {List(30, rows / 4)};");
        ForEach(rows, 8, (row, column) =>
        {
            long exact = c[row, column] + Enumerable.Range(0, depth).Sum(k => a[row, k] * b[k, column]);
            int expected = isSaturated ? (int)Math.Clamp(exact, int.MinValue, int.MaxValue) : (int)exact;
            Assert.That((int)warp.Get($"%r{50 + (row / 8 * 2) + (column & 1)}", 32, (row % 8 * 4) + (column / 2)), Is.EqualTo(expected), $"{row}, {column}");
        });
    }

    [Test]
    public void MultiplyDoubles_IsTheFusedSum()
    {
        Random random = new(8);
        using TestWarp warp = new();
        double Next(string register, int lane)
        {
            double value = random.NextDouble() - 0.5;
            warp.Set(register, 64, lane, Operations.Bits.OfD(value));
            return value;
        }

        double[,] a = new double[8, 4];
        double[,] b = new double[4, 8];
        double[,] c = new double[8, 8];
        ForEach(8, 4, (row, k) => a[row, k] = Next("%fd1", (row * 4) + k));
        ForEach(4, 8, (k, column) => b[k, column] = Next("%fd2", (column * 4) + k));
        ForEach(8, 8, (row, column) => c[row, column] = Next($"%fd{3 + (column & 1)}", (row * 4) + (column / 2)));
        OneInstruction.Run(warp, "mma.sync.aligned.m8n8k4.row.col.f64.f64.f64.f64 {%fd5,%fd6}, {%fd1}, {%fd2}, {%fd3,%fd4};");
        ForEach(8, 8, (row, column) =>
        {
            double expected = Enumerable.Range(0, 4).Aggregate(c[row, column], (sum, k) => Math.FusedMultiplyAdd(a[row, k], b[k, column], sum));
            Assert.That(Operations.Bits.D(warp.Get($"%fd{5 + (column & 1)}", 64, (row * 4) + (column / 2))), Is.EqualTo(expected));
        });
    }

    [Test]
    public void MoveMatrix_Transposes()
    {
        using TestWarp warp = new();
        ForEach(8, 8, (row, column) => SetShort(warp, "%r1", (row * 4) + (column / 2), column & 1, (ulong)((row * 8) + column)));
        OneInstruction.Run(warp, "movmatrix.sync.aligned.m8n8.trans.b16 %r2, %r1;");
        ForEach(8, 8, (row, column) => Assert.That(GetShort(warp, "%r2", (row * 4) + (column / 2), column & 1), Is.EqualTo((column * 8) + row)));
    }

    private static double Tensor(ulong bits) => Operations.Bits.F(bits & 0xFFFFE000);

    private static string Statement(Shape shape) =>
        $"{shape.Text} {List(50, 4)}, {List(10, shape.Depth * shape.Rows / shape.PerRegister / 32)}, {List(20, shape.Depth * 8 / shape.PerRegister / 32)}, {List(30, 4)};";

    private static string List(int first, int count) => $"{{{string.Join(",", Enumerable.Range(first, count).Select(i => $"%r{i}"))}}}";

    private static double[,] FillA(TestWarp warp, Shape shape, Random random, Func<double>? next = null)
    {
        double[,] a = new double[shape.Rows, shape.Depth];
        ForEach(shape.Rows, shape.Depth, (row, k) => a[row, k] = SetA(warp, shape, row, k, next?.Invoke() ?? random.NextDouble() - 0.5));
        return a;
    }

    // Row g and g + 8 are registers of their own, and so are both halves of k.
    private static double SetA(TestWarp warp, Shape shape, int row, int k, double value)
    {
        int width = 4 * shape.PerRegister;
        ulong bits = shape.Bits(value);
        Put(warp, shape, $"%r{10 + (k / width * 2) + (row / 8)}", (row % 8 * 4) + (k % width / shape.PerRegister), k % shape.PerRegister, bits);
        return shape.Value(bits);
    }

    private static double[,] FillB(TestWarp warp, Shape shape, Random random, Func<double>? next = null)
    {
        double[,] b = new double[shape.Depth, 8];
        int width = 4 * shape.PerRegister;
        ForEach(shape.Depth, 8, (k, column) =>
        {
            ulong bits = shape.Bits(next?.Invoke() ?? random.NextDouble() - 0.5);
            Put(warp, shape, $"%r{20 + (k / width)}", (column * 4) + (k % width / shape.PerRegister), k % shape.PerRegister, bits);
            b[k, column] = shape.Value(bits);
        });
        return b;
    }

    private static double[,] FillSums(TestWarp warp, Random random, Func<double>? next = null)
    {
        double[,] c = new double[16, 8];
        ForEach(16, 8, (row, column) =>
        {
            float value = (float)(next?.Invoke() ?? random.NextDouble() - 0.5);
            warp.Set($"%r{30 + (row / 8 * 2) + (column & 1)}", 32, (row % 8 * 4) + (column / 2), Operations.Bits.OfF(value));
            c[row, column] = value;
        });
        return c;
    }

    private static double Sum(TestWarp warp, int row, int column) =>
        Operations.Bits.F(warp.Get($"%r{50 + (row / 8 * 2) + (column & 1)}", 32, (row % 8 * 4) + (column / 2)));

    private static void Put(TestWarp warp, Shape shape, string register, int lane, int part, ulong bits)
    {
        if (shape.PerRegister == 2)
        {
            SetShort(warp, register, lane, part, bits);
        }
        else
        {
            warp.Set(register, 32, lane, bits);
        }
    }

    private static void SetShort(TestWarp warp, string register, int lane, int part, ulong bits)
    {
        ulong rest = warp.Get(register, 32, lane) & ~(0xFFFFul << (16 * part));
        warp.Set(register, 32, lane, rest | (bits << (16 * part)));
    }

    private static ulong GetShort(TestWarp warp, string register, int lane, int part) => (warp.Get(register, 32, lane) >> (16 * part)) & 0xFFFF;

    private static long SetByte(TestWarp warp, string register, int lane, int part, int value, string type)
    {
        ulong rest = warp.Get(register, 32, lane) & ~(0xFFul << (8 * part));
        warp.Set(register, 32, lane, rest | ((ulong)(uint)value << (8 * part)));
        return type == "s8" ? (sbyte)value : value;
    }

    private static void ForEach(int rows, int columns, Action<int, int> action)
    {
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                action(row, column);
            }
        }
    }
}
