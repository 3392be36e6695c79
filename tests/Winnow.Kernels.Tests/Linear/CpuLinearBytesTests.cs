using System;
using System.Linq;
using NUnit.Framework;
using Winnow.Kernels.Linear.Cpu;

namespace Winnow.Kernels.Tests.Linear;

/// <summary>Products on the processor whose inputs are rounded to bytes.</summary>
internal sealed class CpuLinearBytesTests
{
    private const int Inputs = 512;
    private const int Outputs = 37;

    [Test]
    public void Project_GivesTheBitsOfTheDefinition(
        [ValueSource(typeof(RoundedInputs), nameof(RoundedInputs.Types))] DType type,
        [ValueSource(typeof(ByteKernel), nameof(ByteKernel.Levels))] ByteLevel level,
        [Values(1, 5)] int rows,
        [Values(null, (byte)0x00, (byte)0xFF)] byte? extreme)
    {
        var random = new Random(7);
        byte[] weight = WeightReference.Random(type, Outputs * Inputs, random);
        float[] x = LinearFixture.Values(random, rows * Inputs);
        if (extreme is byte filling)
        {
            // The least or the greatest weights with the greatest inputs, whose sums come closest to the limits of 16 bits; of Q6_K, with the least factors, to 2^24.
            x = Array.ConvertAll(x, value => value < 0 ? -1f : 1f);
            x.AsSpan(0, Inputs / 2).Fill(-1);
            weight =
            [
                .. weight.Select((b, i) => (i % type.BlockBytes()) switch
                {
                    int at when WeightReference.HalvesAt(type).Any(half => at - half is 0 or 1) => b,
                    >= 192 when type == DType.Q6_K => (byte)0x80,
                    _ => filling,
                }),
            ];
        }

        AssertBitsOfTheDefinition(type, weight, x, rows, Inputs, level);
    }

    [Test]
    public void Project_OfRowsLongerThanAPieceGivesTheBitsOfTheDefinition(
        [ValueSource(typeof(RoundedInputs), nameof(RoundedInputs.Types))] DType type,
        [ValueSource(typeof(ByteKernel), nameof(ByteKernel.Levels))] ByteLevel level)
    {
        const int Rows = 7;
        const int Longer = 2304;
        var random = new Random(8);

        AssertBitsOfTheDefinition(type, WeightReference.Random(type, Outputs * Longer, random), LinearFixture.Values(random, Rows * Longer), Rows, Longer, level);
    }

    [TestCaseSource(typeof(RoundedInputs), nameof(RoundedInputs.Types))]
    public void Project_RoundsEachInputByHalfAStepAtMost(DType type)
    {
        var random = new Random(4);
        byte[] weight = WeightReference.Random(type, Outputs * Inputs, random);
        float[] x = [.. LinearFixture.Values(random, Inputs).Select((value, i) => value * MathF.Pow(10, i / 64))];
        using var fixture = new LinearFixture();

        float[] actual = fixture.Project(type, weight, x, 1, Inputs, Outputs);

        double[] values = WeightReference.Values(type, weight);
        double[] exact = LinearReference.Product(values, x, 1, Inputs, Outputs);
        for (int output = 0; output < Outputs; output++)
        {
            double[] row = values[(output * Inputs)..((output + 1) * Inputs)];
            double allowed = row.Select((w, k) => Math.Abs(w) * RoundedInputs.ScaleOf(x[(k / 32 * 32)..((k / 32 * 32) + 32)]) * (0.5 + 1e-5)).Sum();
            double rounding = row.Select((w, k) => Math.Abs(w * x[k])).Sum() * Inputs / 16 * Math.Pow(2, -24);
            Assert.That(actual[output], Is.EqualTo(exact[output]).Within(allowed + rounding), $"output {output}");
        }
    }

    [Test]
    public void Project_OfInputsThatAreNotFiniteIsNotFinite(
        [ValueSource(typeof(RoundedInputs), nameof(RoundedInputs.Types))] DType type,
        [Values(float.NaN, float.PositiveInfinity, float.NegativeInfinity)] float value,
        [Values(1, 9)] int rows)
    {
        var random = new Random(5);
        byte[] weight = WeightReference.Random(type, Outputs * Inputs, random);
        float[] x = LinearFixture.Values(random, rows * Inputs);
        x[((rows - 1) * Inputs) + 77] = value;
        using var fixture = new LinearFixture();

        float[] actual = fixture.Project(type, weight, x, rows, Inputs, Outputs);

        Assert.That(actual[..((rows - 1) * Outputs)], Is.All.Matches<float>(float.IsFinite), "other rows");
        Assert.That(actual[((rows - 1) * Outputs)..], Has.None.Matches<float>(float.IsFinite));
    }

    [TestCase(0f)]
    [TestCase(1e-44f)]
    [TestCase(1e-39f)]
    public void Project_OfInputsTooSmallForAScaleIsAsSmall(float magnitude)
    {
        var random = new Random(6);
        byte[] weight = WeightReference.Random(DType.Q8_0, Outputs * Inputs, random);
        float[] x = [.. LinearFixture.Values(random, Inputs).Select(value => value * magnitude)];
        using var fixture = new LinearFixture();

        float[] actual = fixture.Project(DType.Q8_0, weight, x, 1, Inputs, Outputs);

        double largest = WeightReference.Values(DType.Q8_0, weight).Max(Math.Abs);
        Assert.That(actual, Is.All.InRange(-largest * magnitude * Inputs, largest * magnitude * Inputs));
    }

    private static void AssertBitsOfTheDefinition(DType type, byte[] weight, float[] x, int rows, int inputs, ByteLevel level)
    {
        int rowBytes = weight.Length / Outputs;
        float[] expected =
        [
            .. from row in Enumerable.Range(0, rows)
               from output in Enumerable.Range(0, Outputs)
               select ByteProducts.Of(type, weight.AsSpan(output * rowBytes, rowBytes), x[(row * inputs)..((row + 1) * inputs)]),
        ];
        using var fixture = new LinearFixture(level: level);

        Assert.That(LinearFixture.Bits(fixture.Project(type, weight, x, rows, inputs, Outputs)), Is.EqualTo(LinearFixture.Bits(expected)));
    }
}
