using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using NUnit.Framework;
using Winnow.Kernels.Linear;

namespace Winnow.Kernels.Tests.Linear;

/// <summary>
/// The kernel of few rows has the bits of the one for all devices: long enough for its rings to go round, and ends that fill no stage, no round and no unit.
/// </summary>
public sealed class CudaLinearRowTests
{
    private const int Outputs = 37;
    private const int Most = 16;

    private static IEnumerable<DType> Matrices => WeightReference.Types.Where(type => type != DType.F32);

    private static IEnumerable<DType> Blocks => WeightReference.Types.Where(type => type.BlockValues() > 1);

    [TestCaseSource(nameof(Matrices))]
    public void Project_OfOneRowGivesTheBitsThatItHasAmongOthers(DType type)
    {
        foreach (int inputs in Lengths(type))
        {
            AssertSameBits(type, inputs, 1);
        }
    }

    [TestCaseSource(nameof(Matrices))]
    public void Project_OfFewRowsGivesTheBitsThatTheyHaveAmongOthers(DType type)
    {
        AssertSameBits(type, Lengths(type)[0], 8);
        AssertSameBits(type, Lengths(type)[1], 3);
    }

    // A block more or less than what lies on 16 bytes.
    [TestCaseSource(nameof(Blocks))]
    public void Project_OfRowsBetweenSixteensGivesTheBitsThatTheyHaveAmongOthers(DType type)
    {
        AssertSameBits(type, type.BlockValues(), 1);
        AssertSameBits(type, Lengths(type)[1] + type.BlockValues(), 1);
        AssertSameBits(type, Lengths(type)[1] - type.BlockValues(), 6);
        AssertSameBits(type, Lengths(type)[0] + type.BlockValues(), 13);
    }

    // Sixteen rows, and eight for which there is no room.
    [TestCaseSource(nameof(Matrices))]
    public void Project_OfPackedRowsGivesTheBitsThatTheyHaveAmongOthers(DType type)
    {
        AssertSameBits(type, Lengths(type)[0], 16);
        AssertSameBits(type, Lengths(type)[1], 9);
        AssertSameBits(type, 4 * Lengths(type)[1], 5);
    }

    // What the down projections of large models have, and the most that one row has room for: a block is allowed all of it, not what is usual.
    [TestCase(DType.BF16, 29_568)]
    [TestCase(DType.BF16, 66_560)]
    [TestCase(DType.Q4_K, 53_248)]
    public void Project_OfOneLongRowGivesTheBitsThatItHasAmongOthers(DType type, int inputs) => AssertSameBits(type, inputs, 1);

    [Test]
    public void ProjectGated_GivesTheBitsThatRowsHaveAmongOthers([Values(1, 5, 12)] int rows, [ValueSource(nameof(Matrices))] DType type)
    {
        int inputs = Lengths(type)[^1];
        var random = new Random(5);
        (byte[] gate, byte[] up) = (WeightReference.Random(type, Outputs * inputs, random), WeightReference.Random(type, Outputs * inputs, random));
        float[] x = LinearFixture.Values(random, Most * inputs);
        using LinearFixture fixture = LinearFixture.Hopper();
        using LinearFixture others = LinearFixture.Hopper(split: 1);

        int[] among = LinearFixture.Bits(Gated(others, type, gate, up, x, Most, inputs));

        Assert.That(LinearFixture.Bits(Gated(fixture, type, gate, up, x[..(rows * inputs)], rows, inputs)), Is.EqualTo(among[..(rows * Outputs)]));
    }

    // Sums go round from warp to warp more than twice.
    [Test]
    [Combinatorial]
    public void Project_HasTheSameBitsUnderEverySchedule([Values(DType.BF16, DType.Q8_0, DType.Q4_K)] DType type, [Values(1, 6, 11)] int rows)
    {
        int inputs = Lengths(type)[^1];
        var random = new Random(9);
        byte[] weight = WeightReference.Random(type, Outputs * inputs, random);
        float[] x = LinearFixture.Values(random, rows * inputs);
        Schedules.AssertEqualBits(
            device =>
            {
                using LinearFixture fixture = LinearFixture.Hopper(device: device);
                return [.. MemoryMarshal.AsBytes<float>(fixture.Project(type, weight, x, rows, inputs, Outputs))];
            },
            "compute_90a");
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
        using LinearFixture others = LinearFixture.Cuda(split: 1);

        float[][] among = Project(others, 2, x);
        float[][] alone = Project(fixture, 1, x[..inputs]);

        for (int i = 0; i < outputs.Length; i++)
        {
            Assert.That(LinearFixture.Bits(alone[i]), Is.EqualTo(LinearFixture.Bits(among[i].AsSpan(0, outputs[i]))), $"part {i}");
        }

        float[][] Project(LinearFixture fixture, int rows, float[] input)
        {
            Projection[] projections =
                [.. outputs.Select((count, i) => new Projection { Weight = fixture.Weights(type, count, inputs, weights[i]), Output = fixture.Output(rows, count) })];
            fixture.Linear.Project(fixture.Floats(new Shape(rows, inputs), input), projections);
            return [.. projections.Select(projection => fixture.Read(projection.Output))];
        }
    }

    [TestCase(1)]
    [TestCase(7)]
    [TestCase(16)]
    public void Project_TakesSeveralPartsWithBiasAndResidual(int count)
    {
        const int Inputs = 1024;
        var random = new Random(6);
        int[] outputs = [37, 16, 5];
        byte[][] weights = [.. outputs.Select(size => WeightReference.Random(DType.Q8_0, size * Inputs, random))];
        float[][] biases = [.. outputs.Select(size => LinearFixture.Values(random, size))];
        float[][] residuals = [.. outputs.Select(size => LinearFixture.Values(random, Most * size))];
        float[] x = LinearFixture.Values(random, Most * Inputs);
        using LinearFixture fixture = LinearFixture.Hopper();
        using LinearFixture others = LinearFixture.Hopper(split: 4);

        float[][] among = Project(others, Most, x);
        float[][] alone = Project(fixture, count, x[..(count * Inputs)]);

        for (int i = 0; i < outputs.Length; i++)
        {
            Assert.That(LinearFixture.Bits(alone[i]), Is.EqualTo(LinearFixture.Bits(among[i].AsSpan(0, count * outputs[i]))), $"part {i}");
        }

        float[][] Project(LinearFixture fixture, int rows, float[] input)
        {
            Projection[] projections =
            [
                .. outputs.Select((size, i) => new Projection
                {
                    Weight = fixture.Weights(DType.Q8_0, size, Inputs, weights[i]),
                    Output = fixture.Output(rows, size),
                    Bias = fixture.Floats(new Shape(size), biases[i]),
                    Residual = fixture.Floats(new Shape(rows, size), residuals[i].AsSpan(0, rows * size)),
                }),
            ];
            fixture.Linear.Project(fixture.Floats(new Shape(rows, Inputs), input), projections);
            return [.. projections.Select(projection => fixture.Read(projection.Output))];
        }
    }

    // Eight rows of as many inputs need the shared memory of Hopper.
    private static void AssertSameBits(DType type, int inputs, int rows)
    {
        var random = new Random(inputs);
        byte[] weight = WeightReference.Random(type, Outputs * inputs, random);
        float[] x = LinearFixture.Values(random, Most * inputs);
        using LinearFixture fixture = LinearFixture.Hopper();
        using LinearFixture others = LinearFixture.Hopper(split: 1);

        int[] among = LinearFixture.Bits(others.Project(type, weight, x, Most, inputs, Outputs));

        Assert.That(
            LinearFixture.Bits(fixture.Project(type, weight, x[..(rows * inputs)], rows, inputs, Outputs)), Is.EqualTo(among[..(rows * Outputs)]), $"{inputs} inputs");
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
