using System;
using System.Linq;
using NUnit.Framework;

namespace Winnow.Simulator.Tests.Operations;

/// <summary>
/// <c>mma.sync</c> of floats, bit by bit against what it is said to compute: in each step of k fused multiply-adds in double, k ascending, and one cut
/// towards zero to the 24 bits of a float; on Hopper a step is the whole instruction. Factors are of all kinds: numbers, zeros, subnormals, infinities and NaN.
/// </summary>
public sealed class MatrixBitsTests
{
    private const int Rounds = 40;

    [Test]
    public void Multiply_OfHalvesIsTheCutSumOfFusedProducts([Values] Kind kind, [Values(8, 16)] int depth, [Values] bool isHalfSum, [Values] bool isHopper)
        => Check(new Factors(2, depth, Bits.H, 0x7C00, 0x03FF), kind, isHalfSum, isHopper, isHalfSum ? "f16.f16.f16.f16" : "f32.f16.f16.f32");

    [Test]
    public void Multiply_OfBrainFloatsIsTheCutSumOfFusedProducts([Values] Kind kind, [Values(8, 16)] int depth, [Values] bool isHopper)
        => Check(new Factors(2, depth, Bits.B, 0x7F80, 0x007F), kind, false, isHopper, "f32.bf16.bf16.f32");

    [Test]
    public void Multiply_OfTensorFloatsIsTheCutSumOfFusedProducts([Values] Kind kind, [Values(4, 8)] int depth, [Values] bool isHopper)
        => Check(new Factors(1, depth, bits => Bits.F(bits & 0xFFFFE000), 0x7F800000, 0x007FFFFF), kind, false, isHopper, "f32.tf32.tf32.f32");

    [Test]
    public void Multiply_LeavesLanesThatTakeNoPart([Values] bool isHalfSum)
    {
        using TestWarp warp = new();
        Random random = new(3);
        Fill(warp, 10, 4, new Factors(2, 16, Bits.H, 0x7C00, 0x03FF), Kind.Numbers, random);
        Fill(warp, 20, 2, new Factors(2, 16, Bits.H, 0x7C00, 0x03FF), Kind.Numbers, random);
        string types = isHalfSum ? "f16.f16.f16.f16" : "f32.f16.f16.f32";
        int sums = isHalfSum ? 2 : 4;
        OneInstruction.Run(warp, Statement(types, 16, sums, 2, 50));
        OneInstruction.Run(warp, Statement(types, 16, sums, 2, 60), 0x00FFF5A1);
        for (int i = 0; i < sums * 32; i++)
        {
            ulong expected = (0x00FFF5A1 >> (i % 32) & 1) != 0 ? warp.Get($"%r{50 + (i / 32)}", 32, i % 32) : 0;
            Assert.That(warp.Get($"%r{60 + (i / 32)}", 32, i % 32), Is.EqualTo(expected), $"register {i / 32}, lane {i % 32}");
        }
    }

    [Test]
    public void Multiply_MayWriteWhereItReads()
    {
        using TestWarp warp = new();
        Random random = new(4);
        Fill(warp, 10, 4, new Factors(2, 16, Bits.H, 0x7C00, 0x03FF), Kind.Numbers, random);
        Fill(warp, 20, 2, new Factors(2, 16, Bits.H, 0x7C00, 0x03FF), Kind.Numbers, random);
        OneInstruction.Run(warp, Statement("f32.f16.f16.f32", 16, 4, 2, 50));

        // The sums go to the registers of both factors, and in another order to those of the addends.
        ulong[] expected = [.. Enumerable.Range(0, 128).Select(i => warp.Get($"%r{50 + (i / 32)}", 32, i % 32))];
        OneInstruction.Run(
            warp,
            "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%r33,%r30,%r11,%r20}, {%r10,%r11,%r12,%r13}, {%r20,%r21}, {%r30,%r31,%r32,%r33};");
        string[] places = ["%r33", "%r30", "%r11", "%r20"];
        Assert.That(Enumerable.Range(0, 128).Select(i => warp.Get(places[i / 32], 32, i % 32)), Is.EqualTo(expected));
    }

    /// <summary>What factors and addends are.</summary>
    public enum Kind
    {
        /// <summary>Normal numbers near each other.</summary>
        Numbers,

        /// <summary>Normal numbers and, often, zeros of both signs.</summary>
        Sparse,

        /// <summary>Numbers, a few of them subnormal.</summary>
        Small,

        /// <summary>Numbers, and hardly ever an infinity or a NaN.</summary>
        Special,

        /// <summary>Any bits.</summary>
        Any,
    }

    private readonly record struct Factors(int PerRegister, int Depth, Func<ulong, float> Value, uint Infinity, uint Fraction)
    {
        public int Bits => 32 / PerRegister;

        public int Width => 4 * PerRegister;
    }

    private static void Check(Factors factors, Kind kind, bool isHalfSum, bool isHopper, string types)
    {
        using TestWarp warp = new();
        Random random = new((int)kind);
        int columns = factors.Depth / factors.Width;
        int sums = isHalfSum ? 2 : 4;
        for (int round = 0; round < Rounds; round++)
        {
            Fill(warp, 10, 2 * columns, factors, kind, random);
            Fill(warp, 20, columns, factors, kind, random);
            Fill(warp, 30, sums, isHalfSum ? factors : new Factors(1, 0, Bits.F, 0x7F800000, 0x007FFFFF), kind, random);
            OneInstruction.Run(warp, Statement(types, factors.Depth, sums, columns, 50), isHopper: isHopper);
            for (int i = 0; i < 128; i++)
            {
                (int row, int column) = (i / 8, i % 8);
                ulong expected = Expected(warp, factors, row, column, isHalfSum, isHopper ? factors.Depth : factors.Width);
                Assert.That(Sum(warp, 50, row, column, isHalfSum), Is.EqualTo(expected), $"round {round}, row {row}, column {column}");
            }
        }
    }

    private static ulong Expected(TestWarp warp, Factors factors, int row, int column, bool isHalfSum, int step)
    {
        ulong addend = Sum(warp, 30, row, column, isHalfSum);
        double sum = isHalfSum ? Bits.H(addend) : Bits.F(addend);
        for (int k = 0; k < factors.Depth; k++)
        {
            int block = k / factors.Width;
            float a = Value(warp, factors, 10 + (2 * block) + (row / 8), row % 8, k % factors.Width);
            float b = Value(warp, factors, 20 + block, column, k % factors.Width);
            sum = Math.FusedMultiplyAdd(a, b, sum);
            if (k % step == step - 1)
            {
                sum = BitConverter.UInt64BitsToDouble(BitConverter.DoubleToUInt64Bits(sum) & 0xFFFFFFFFE0000000);
            }
        }

        return isHalfSum ? Bits.OfH((float)sum) : Bits.OfF((float)sum);
    }

    private static float Value(TestWarp warp, Factors factors, int register, int row, int k)
    {
        ulong bits = warp.Get($"%r{register}", 32, (row * 4) + (k / factors.PerRegister));
        return factors.Value(factors.PerRegister == 1 ? bits : bits >> (16 * (k % 2)) & 0xFFFF);
    }

    private static ulong Sum(TestWarp warp, int first, int row, int column, bool isHalf)
    {
        int lane = (row % 8 * 4) + (column / 2);
        return isHalf
            ? warp.Get($"%r{first + (row / 8)}", 32, lane) >> (16 * (column & 1)) & 0xFFFF
            : warp.Get($"%r{first + (row / 8 * 2) + (column & 1)}", 32, lane);
    }

    private static void Fill(TestWarp warp, int first, int count, Factors factors, Kind kind, Random random)
    {
        for (int i = 0; i < count * 32; i++)
        {
            ulong bits = Next(factors, kind, random);
            warp.Set($"%r{first + (i / 32)}", 32, i % 32, factors.PerRegister == 1 ? bits : bits | (Next(factors, kind, random) << 16));
        }
    }

    private static ulong Next(Factors factors, Kind kind, Random random)
    {
        uint any = (uint)random.NextInt64(1L << factors.Bits);
        uint sign = any & (1u << (factors.Bits - 1));
        uint one = factors.Infinity >> 1 & factors.Infinity;
        uint number = sign | (one + (((uint)random.Next(9) - 4u) * (factors.Fraction + 1))) | (any & factors.Fraction);
        return kind switch
        {
            Kind.Any => any,
            Kind.Sparse when random.Next(3) != 0 => sign,
            Kind.Small when random.Next(20) == 0 => sign | (any & factors.Fraction),
            Kind.Special when random.Next(200) == 0 => sign | factors.Infinity | (random.Next(2) == 0 ? 0 : any & factors.Fraction),
            _ => number,
        };
    }

    private static string Statement(string types, int depth, int sums, int columns, int result) =>
        $"mma.sync.aligned.m16n8k{depth}.row.col.{types} {List(result, sums)}, {List(10, 2 * columns)}, {List(20, columns)}, {List(30, sums)};";

    private static string List(int first, int count) => $"{{{string.Join(",", Enumerable.Range(first, count).Select(i => $"%r{i}"))}}}";
}
