using System;
using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;
using Winnow.Kernels.Linear;

namespace Winnow.Kernels.Tests.Linear;

/// <summary>The kernel of one row: long enough for its rings to go round, and ends that fill no stage, no round and no unit.</summary>
public sealed class CudaLinearRowTests
{
    private const int Outputs = 37;

    private static IEnumerable<DType> Matrices => WeightReference.Types.Where(type => type != DType.F32);

    [TestCaseSource(nameof(Matrices))]
    public void Project_OfOneRowGivesTheBitsThatItHasAmongOthers(DType type)
    {
        foreach (int inputs in Lengths(type))
        {
            var random = new Random(inputs);
            byte[] weight = WeightReference.Random(type, Outputs * inputs, random);
            float[] x = LinearFixture.Values(random, 2 * inputs);
            using LinearFixture fixture = LinearFixture.Cuda();

            int[] among = LinearFixture.Bits(fixture.Project(type, weight, x, 2, inputs, Outputs));

            Assert.That(LinearFixture.Bits(fixture.Project(type, weight, x[..inputs], 1, inputs, Outputs)), Is.EqualTo(among[..Outputs]), $"{inputs} inputs");
        }
    }

    [TestCaseSource(nameof(Matrices))]
    public void ProjectGated_OfOneRowGivesTheBitsThatItHasAmongOthers(DType type)
    {
        int inputs = Lengths(type)[^1];
        var random = new Random(5);
        (byte[] gate, byte[] up) = (WeightReference.Random(type, Outputs * inputs, random), WeightReference.Random(type, Outputs * inputs, random));
        float[] x = LinearFixture.Values(random, 2 * inputs);
        using LinearFixture fixture = LinearFixture.Cuda();

        int[] among = LinearFixture.Bits(Gated(fixture, type, gate, up, x, 2, inputs));

        Assert.That(LinearFixture.Bits(Gated(fixture, type, gate, up, x[..inputs], 1, inputs)), Is.EqualTo(among[..Outputs]));
    }

    // More tiles than the simulator's 108 multiprocessors run at once, however many fit on one: blocks go on to others, and the last ones of a part are short.
    [TestCase(DType.BF16)]
    [TestCase(DType.Q8_0)]
    [TestCase(DType.Q4_K)]
    [TestCase(DType.Q6_K)]
    public void Project_OfOneRowGoesFromTileToTile(DType type)
    {
        int[] outputs = [(16 * 330) + 3, 16 * 5];
        int inputs = Lengths(type)[^1];
        var random = new Random(7);
        float[] x = LinearFixture.Values(random, 2 * inputs);
        byte[][] weights = [.. outputs.Select(count => WeightReference.Random(type, count * inputs, random))];
        using LinearFixture fixture = LinearFixture.Cuda();

        float[][] among = Project(2, x);
        float[][] alone = Project(1, x[..inputs]);

        for (int i = 0; i < outputs.Length; i++)
        {
            Assert.That(LinearFixture.Bits(alone[i]), Is.EqualTo(LinearFixture.Bits(among[i].AsSpan(0, outputs[i]))), $"part {i}");
        }

        float[][] Project(int rows, float[] input)
        {
            Projection[] projections =
                [.. outputs.Select((count, i) => new Projection { Weight = fixture.Weights(type, count, inputs, weights[i]), Output = fixture.Output(rows, count) })];
            fixture.Linear.Project(fixture.Floats(new Shape(rows, inputs), input), projections);
            return [.. projections.Select(projection => fixture.Read(projection.Output))];
        }
    }

    [Test]
    public void Project_OfOneRowTakesSeveralPartsWithBiasAndResidual()
    {
        const int Inputs = 1024;
        var random = new Random(6);
        int[] outputs = [37, 16, 5];
        byte[][] weights = [.. outputs.Select(count => WeightReference.Random(DType.Q8_0, count * Inputs, random))];
        float[][] biases = [.. outputs.Select(count => LinearFixture.Values(random, count))];
        float[][] residuals = [.. outputs.Select(count => LinearFixture.Values(random, 2 * count))];
        float[] x = LinearFixture.Values(random, 2 * Inputs);
        using LinearFixture fixture = LinearFixture.Cuda();

        float[][] among = Project(2, x);
        float[][] alone = Project(1, x[..Inputs]);

        for (int i = 0; i < outputs.Length; i++)
        {
            Assert.That(LinearFixture.Bits(alone[i]), Is.EqualTo(LinearFixture.Bits(among[i].AsSpan(0, outputs[i]))), $"part {i}");
        }

        float[][] Project(int rows, float[] input)
        {
            Projection[] projections =
            [
                .. outputs.Select((count, i) => new Projection
                {
                    Weight = fixture.Weights(DType.Q8_0, count, Inputs, weights[i]),
                    Output = fixture.Output(rows, count),
                    Bias = fixture.Floats(new Shape(count), biases[i]),
                    Residual = fixture.Floats(new Shape(rows, count), residuals[i].AsSpan(0, rows * count)),
                }),
            ];
            fixture.Linear.Project(fixture.Floats(new Shape(rows, Inputs), input), projections);
            return [.. projections.Select(projection => fixture.Read(projection.Output))];
        }
    }

    private static float[] Gated(LinearFixture fixture, DType type, byte[] gate, byte[] up, float[] x, int rows, int inputs)
    {
        Tensor output = fixture.Output(rows, Outputs);
        fixture.Linear.ProjectGated(
            output, fixture.Floats(new Shape(rows, inputs), x), fixture.Weights(type, Outputs, inputs, gate), fixture.Weights(type, Outputs, inputs, up), Activation.Silu);
        return fixture.Read(output);
    }

    /// <summary>Rows on 16 bytes: one stage, and one past two rounds of eight stages by the least that keeps them there.</summary>
    private static int[] Lengths(DType type)
    {
        int unit = type.BlockValues() == 1 ? 8 : type.BlockValues();
        int step = Enumerable.Range(1, 16).Select(count => count * unit).First(values => type.BytesOf(values) % 16 == 0);
        int rounds = 2 * 8 * (type.BlockValues() == 1 ? 128 : 256);
        return [step, ((rounds + step - 1) / step * step) + step];
    }
}
