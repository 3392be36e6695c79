using System;
using System.Linq;
using NUnit.Framework;
using Winnow.Models;

namespace Winnow.Tests.Models;

/// <summary>Each scaling against its formula written out again, in double.</summary>
public sealed class RopeFrequenciesTests
{
    private const int Dims = 64;

    [Test]
    public void None_IsThePlainPower() => Check(new RopeConfig { RotaryDims = Dims }, j => Math.Pow(10_000, -2.0 * j / Dims));

    [Test]
    public void Linear_DividesAll() =>
        Check(new RopeConfig { RotaryDims = Dims, Scaling = RopeScaling.Linear, Factor = 8 }, j => Math.Pow(10_000, -2.0 * j / Dims) / 8);

    [Test]
    public void Llama3_DividesLongWavelengthsOnly()
    {
        var rope = new RopeConfig
        {
            RotaryDims = Dims,
            Base = 500_000,
            Scaling = RopeScaling.Llama3,
            Factor = 8,
            LowFrequencyFactor = 1,
            HighFrequencyFactor = 4,
            OriginalContextTokens = 8192,
        };
        float[] inverse = RopeFrequencies.Inverse(rope, 131_072);
        int kept = 0, divided = 0, between = 0;
        for (int j = 0; j < Dims / 2; j++)
        {
            double plain = Math.Pow(500_000, -2.0 * j / Dims);
            double rotations = 8192 * plain / (2 * Math.PI);
            double expected = rotations > 4 ? plain : rotations < 1 ? plain / 8 : Ramp(plain, (rotations - 1) / 3);
            kept += rotations > 4 ? 1 : 0;
            divided += rotations < 1 ? 1 : 0;
            between += rotations is >= 1 and <= 4 ? 1 : 0;
            Assert.That(inverse[j], Is.EqualTo(expected).Within(1e-5).Percent);
        }

        Assert.That(new[] { kept, divided, between }, Has.All.GreaterThan(0), "the case reaches all three branches");

        static double Ramp(double plain, double share) => ((1 - share) * plain / 8) + (share * plain);
    }

    [Test]
    public void Yarn_KeepsFastAndDividesSlowFrequencies()
    {
        var rope = new RopeConfig { RotaryDims = Dims, Base = 1e6, Scaling = RopeScaling.Yarn, Factor = 4, OriginalContextTokens = 32_768 };
        float[] inverse = RopeFrequencies.Inverse(rope, 131_072);
        double At(double rotations) => Dims * Math.Log(32_768 / (rotations * 2 * Math.PI)) / (2 * Math.Log(1e6));
        double low = Math.Floor(At(32)), high = Math.Ceiling(At(1));
        for (int j = 0; j < Dims / 2; j++)
        {
            double plain = Math.Pow(1e6, -2.0 * j / Dims);
            double interpolated = j <= low ? 0 : j >= high ? 1 : (j - low) / (high - low);
            Assert.That(inverse[j], Is.EqualTo((plain / 4 * interpolated) + (plain * (1 - interpolated))).Within(1e-5).Percent);
        }

        Assert.That(RopeFrequencies.Magnitude(rope, 131_072), Is.EqualTo((0.1 * Math.Log(4)) + 1).Within(1e-6));
        Assert.That(RopeFrequencies.Magnitude(rope with { AttentionFactor = 1.25 }, 131_072), Is.EqualTo(1.25f));
    }

    [Test]
    public void LongRope_TakesTheFactorsOfItsContext()
    {
        float[] shortFactors = [.. Enumerable.Range(0, Dims / 2).Select(j => 1 + (j * 0.01f))];
        float[] longFactors = [.. Enumerable.Range(0, Dims / 2).Select(j => 2 + (j * 0.5f))];
        var rope = new RopeConfig
        {
            RotaryDims = Dims,
            Scaling = RopeScaling.LongRope,
            OriginalContextTokens = 4096,
            ShortFactors = shortFactors,
            LongFactors = longFactors,
        };
        Check(rope, j => Math.Pow(10_000, -2.0 * j / Dims) / shortFactors[j], contextTokens: 4096);
        Check(rope, j => Math.Pow(10_000, -2.0 * j / Dims) / longFactors[j], contextTokens: 4097);
        Assert.That(RopeFrequencies.Magnitude(rope, 131_072), Is.EqualTo(Math.Sqrt(1 + (Math.Log(32) / Math.Log(4096)))).Within(1e-6));
        Assert.That(RopeFrequencies.Magnitude(rope, 4096), Is.EqualTo(1));
    }

    [Test]
    public void Divisors_DivideOneByOne()
    {
        float[] divisors = [.. Enumerable.Range(0, Dims / 2).Select(j => j < 10 ? 1f : 8f)];
        Check(
            new RopeConfig { RotaryDims = Dims, Scaling = RopeScaling.Divisors, LongFactors = divisors },
            j => Math.Pow(10_000, -2.0 * j / Dims) / divisors[j]);
    }

    private static void Check(RopeConfig rope, Func<int, double> expected, int contextTokens = 2048)
    {
        float[] inverse = RopeFrequencies.Inverse(rope, contextTokens);
        Assert.That(inverse, Has.Length.EqualTo(rope.RotaryDims / 2));
        for (int j = 0; j < inverse.Length; j++)
        {
            Assert.That(inverse[j], Is.EqualTo(expected(j)).Within(1e-5).Percent, $"pair {j}");
        }
    }
}
