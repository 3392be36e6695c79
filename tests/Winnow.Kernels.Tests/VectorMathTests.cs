using System;
using System.Runtime.Intrinsics;
using NUnit.Framework;
using Winnow.Kernels.Tests.Norm;

namespace Winnow.Kernels.Tests;

public sealed unsafe class VectorMathTests
{
    private const int Lanes = 16;

    [Test]
    public void Exp_IsWithinTwoUlpOfDouble([Values(128, 256, 512)] int bits)
    {
        var width = (SimdWidth)bits;
        double worst = 0;
        for (float x = -87.3f; x < 88.72f; x = Math.Min(x + 0.0371f, MathF.BitIncrement(x) + 0.0013f))
        {
            worst = Math.Max(worst, UlpError(Exp(width, x), Math.Exp(x)));
        }

        Assert.That(worst, Is.AtMost(2));
    }

    [TestCase(float.NegativeInfinity, 0f)]
    [TestCase(-1e30f, 0f)]
    [TestCase(-104f, 0f)]
    [TestCase(0f, 1f)]
    [TestCase(-0f, 1f)]
    [TestCase(89f, float.PositiveInfinity)]
    [TestCase(float.PositiveInfinity, float.PositiveInfinity)]
    [TestCase(float.NaN, float.NaN)]
    public void Exp_HasExactEnds(float x, float expected)
    {
        foreach (SimdWidth width in Enum.GetValues<SimdWidth>())
        {
            Assert.That(Exp(width, x), Is.EqualTo(expected), width.ToString());
        }
    }

    [Test]
    public void Exp_IsZeroWhereItWouldBeSubnormal([Values(128, 256, 512)] int bits)
    {
        var width = (SimdWidth)bits;
        for (float x = -103.9f; x < -87.3f; x += 0.0173f)
        {
            Assert.That(Exp(width, x), Is.Zero, $"exp({x})");
        }

        Assert.That(Exp(width, -87.3f), Is.EqualTo(Math.Exp(-87.3f)).Within(1e-5).Percent);
    }

    [Test]
    public void Tanh_IsWithinThreeUlpOfDouble([Values(128, 256, 512)] int bits)
    {
        var width = (SimdWidth)bits;
        double worst = 0;
        for (float x = -10f; x < 10f; x += 0.00037f)
        {
            worst = Math.Max(worst, UlpError(Tanh(width, x), Math.Tanh(x)));
        }

        for (float x = 1e-30f; x < 1f; x *= 1.01f)
        {
            worst = Math.Max(worst, UlpError(Tanh(width, -x), Math.Tanh(-x)));
        }

        Assert.That(worst, Is.AtMost(3));
    }

    [TestCase(float.NegativeInfinity, -1f)]
    [TestCase(float.PositiveInfinity, 1f)]
    [TestCase(0f, 0f)]
    [TestCase(100f, 1f)]
    [TestCase(float.NaN, float.NaN)]
    public void Tanh_HasExactEnds(float x, float expected)
    {
        foreach (SimdWidth width in Enum.GetValues<SimdWidth>())
        {
            Assert.That(Tanh(width, x), Is.EqualTo(expected), width.ToString());
        }
    }

    [Test]
    public void Erf_IsWithinTwoUlpOfDouble([Values(128, 256, 512)] int bits)
    {
        var width = (SimdWidth)bits;
        double worst = 0;
        for (float x = -6f; x < 6f; x += 0.00037f)
        {
            worst = Math.Max(worst, UlpError(Erf(width, x), NormReference.Erf(x)));
        }

        for (float x = 1e-30f; x < 1f; x *= 1.01f)
        {
            worst = Math.Max(worst, UlpError(Erf(width, -x), NormReference.Erf(-x)));
        }

        Assert.That(worst, Is.AtMost(2));
    }

    [TestCase(float.NegativeInfinity, -1f)]
    [TestCase(float.PositiveInfinity, 1f)]
    [TestCase(0f, 0f)]
    [TestCase(100f, 1f)]
    [TestCase(float.NaN, float.NaN)]
    public void Erf_HasExactEnds(float x, float expected)
    {
        foreach (SimdWidth width in Enum.GetValues<SimdWidth>())
        {
            Assert.That(Erf(width, x), Is.EqualTo(expected), width.ToString());
        }
    }

    [Test]
    public void Functions_GiveTheSameBitsAtEveryWidth()
    {
        var random = new Random(1);
        for (int i = 0; i < 10_000; i++)
        {
            float x = (float)((random.NextDouble() * 220) - 110);
            Assert.That(Exp(SimdWidth.Bits256, x), Is.EqualTo(Exp(SimdWidth.Bits128, x)));
            Assert.That(Exp(SimdWidth.Bits512, x), Is.EqualTo(Exp(SimdWidth.Bits128, x)));
            Assert.That(Tanh(SimdWidth.Bits256, x / 20), Is.EqualTo(Tanh(SimdWidth.Bits128, x / 20)));
            Assert.That(Tanh(SimdWidth.Bits512, x / 20), Is.EqualTo(Tanh(SimdWidth.Bits128, x / 20)));
            Assert.That(Erf(SimdWidth.Bits256, x / 20), Is.EqualTo(Erf(SimdWidth.Bits128, x / 20)));
            Assert.That(Erf(SimdWidth.Bits512, x / 20), Is.EqualTo(Erf(SimdWidth.Bits128, x / 20)));
        }
    }

    private static double UlpError(float actual, double exact) => Math.Abs(actual - exact) / Tolerance.Ulp(exact);

    private static float Exp(SimdWidth width, float x) => width switch
    {
        SimdWidth.Bits512 => Exp<Simd512, Vector512<float>>(x),
        SimdWidth.Bits256 => Exp<Simd256, Vector256<float>>(x),
        _ => Exp<Simd128, Vector128<float>>(x),
    };

    private static float Tanh(SimdWidth width, float x) => width switch
    {
        SimdWidth.Bits512 => Tanh<Simd512, Vector512<float>>(x),
        SimdWidth.Bits256 => Tanh<Simd256, Vector256<float>>(x),
        _ => Tanh<Simd128, Vector128<float>>(x),
    };

    private static float Erf(SimdWidth width, float x) => width switch
    {
        SimdWidth.Bits512 => Erf<Simd512, Vector512<float>>(x),
        SimdWidth.Bits256 => Erf<Simd256, Vector256<float>>(x),
        _ => Erf<Simd128, Vector128<float>>(x),
    };

    private static float Exp<TSimd, TVector>(float x)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        float* lanes = stackalloc float[Lanes];
        TSimd.Store(lanes, VectorMath.Exp<TSimd, TVector>(TSimd.Broadcast(x)));
        return lanes[TSimd.Count - 1];
    }

    private static float Tanh<TSimd, TVector>(float x)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        float* lanes = stackalloc float[Lanes];
        TSimd.Store(lanes, VectorMath.Tanh<TSimd, TVector>(TSimd.Broadcast(x)));
        return lanes[TSimd.Count - 1];
    }

    private static float Erf<TSimd, TVector>(float x)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        float* lanes = stackalloc float[Lanes];
        TSimd.Store(lanes, VectorMath.Erf<TSimd, TVector>(TSimd.Broadcast(x)));
        return lanes[TSimd.Count - 1];
    }
}
