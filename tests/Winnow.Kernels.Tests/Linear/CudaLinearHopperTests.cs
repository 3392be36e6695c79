using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using NUnit.Framework;
using Winnow.Kernels.Linear;

namespace Winnow.Kernels.Tests.Linear;

/// <summary>The kernel for Hopper, which a GPU of another kind does not take: there the same is said of the others.</summary>
public sealed class CudaLinearHopperTests
{
    // Fewest and most columns, and such that half of them are no multiple of 16.
    private static readonly int[] Tiles = [64, 176, 208];

    // The last rows of a tile or of half of one; outputs that fill no tile, an odd number of them, and more than a tile.
    private static IEnumerable<(int Rows, int Outputs)> Shapes => [(65, 5), (128, 64), (129, 211), (200, 38)];

    [TestCase(DType.F16)]
    [TestCase(DType.BF16)]
    public void Project_AgreesWithDoublePrecisionAndWithTheProcessor(DType type)
    {
        using var processor = new LinearFixture();
        foreach (int tile in Tiles)
        {
            using LinearFixture fixture = LinearFixture.Hopper(tile);
            foreach (int inputs in new[] { 8, 72, 128, 200 })
            {
                foreach ((int rows, int outputs) in Shapes)
                {
                    var random = new Random((inputs * 100) + rows);
                    byte[] weight = WeightReference.Random(type, outputs * inputs, random);
                    float[] x = LinearFixture.Values(random, rows * inputs);
                    float[] rounded = MatrixInputs.Round(type, x);
                    double[] values = WeightReference.Values(type, weight);
                    float[] actual = fixture.Project(type, weight, x, rows, inputs, outputs);
                    LinearReference.AssertClose(
                        actual,
                        LinearReference.Product(values, rounded, rows, inputs, outputs),
                        LinearReference.PlainProducts(values, rounded, rows, inputs, outputs));
                    MatrixInputs.AssertWithinRounding(
                        type, actual, processor.Project(type, weight, x, rows, inputs, outputs), values, x, rows, inputs, outputs);
                }
            }
        }
    }

    [TestCase(DType.F16, 664)]
    [TestCase(DType.BF16, 328)]
    [TestCase(DType.BF16, 768)]
    public void Project_GivesTheSameBitsAsTheOtherKernels(DType type, int inputs)
    {
        const int Most = 150;
        const int Outputs = 212;
        var random = new Random(3);
        byte[] weight = WeightReference.Random(type, Outputs * inputs, random);
        float[] x = LinearFixture.Values(random, Most * inputs);
        using LinearFixture others = LinearFixture.Hopper(0);
        int[] expected = LinearFixture.Bits(others.Project(type, weight, x, Most, inputs, Outputs));
        foreach ((int tile, bool isStaged) in new[] { (64, false), (96, false), (128, false), (128, true), (160, false), (176, false), (192, false), (208, false) })
        {
            using LinearFixture fixture = LinearFixture.Hopper(tile, isStaged: isStaged);
            foreach (int rows in new[] { Most, 65, 16, 1 })
            {
                int[] actual = LinearFixture.Bits(fixture.Project(type, weight, x, rows, inputs, Outputs));
                Assert.That(actual, Is.EqualTo(expected[..(rows * Outputs)]), $"{rows} rows, tile {tile}, staged {isStaged}");
            }
        }
    }

    // More tiles than there are multiprocessors: blocks take several, and the ring goes on over their ends.
    // With 14 row tiles pairs of blocks share their columns, in bands of an even number of them; with 13 they do not.
    [TestCase(64, false, 14)]
    [TestCase(64, true, 14)]
    [TestCase(128, true, 14)]
    [TestCase(208, false, 14)]
    [TestCase(64, false, 13)]
    [TestCase(128, true, 13)]
    public void Project_OfManyTilesGivesTheSameBitsAsTheOtherKernels(int tile, bool isStaged, int rowTiles)
    {
        int rows = ((rowTiles - 1) * 128) + 3;
        const int Outputs = 1044;
        const int Inputs = 200;
        var random = new Random(13);
        byte[] weight = WeightReference.Random(DType.BF16, Outputs * Inputs, random);
        float[] x = LinearFixture.Values(random, rows * Inputs);
        using LinearFixture others = LinearFixture.Hopper(0);
        using LinearFixture fixture = LinearFixture.Hopper(tile, isStaged: isStaged);
        int[] expected = LinearFixture.Bits(others.Project(DType.BF16, weight, x, rows, Inputs, Outputs));
        Assert.That(LinearFixture.Bits(fixture.Project(DType.BF16, weight, x, rows, Inputs, Outputs)), Is.EqualTo(expected));
    }

    [Test]
    [Combinatorial]
    public void ProjectGated_GivesTheSameBitsAsTheOtherKernels(
        [Values(DType.F16, DType.BF16)] DType type, [Values] bool fused, [Values(52, 53)] int outputs, [Values(64, 192)] int tile)
    {
        const int Inputs = 160;
        const int Rows = 140;
        var random = new Random(5);
        DType gateType = fused ? type : DType.Q8_0;
        byte[] gate = WeightReference.Random(gateType, outputs * Inputs, random);
        byte[] up = WeightReference.Random(type, outputs * Inputs, random);
        float[] x = LinearFixture.Values(random, Rows * Inputs);
        int[][] found = [.. new[] { 0, tile }.Select(columns =>
        {
            using LinearFixture fixture = LinearFixture.Hopper(columns, isStaged: columns == 64);
            Tensor output = fixture.Output(Rows, outputs);
            fixture.Linear.ProjectGated(
                output,
                fixture.Floats(new Shape(Rows, Inputs), x),
                fixture.Weights(gateType, outputs, Inputs, gate),
                fixture.Weights(type, outputs, Inputs, up),
                Activation.GeluTanh);
            return LinearFixture.Bits(fixture.Read(output));
        })];
        Assert.That(found[1], Is.EqualTo(found[0]));
    }

    [TestCase(96, false, 77, 2)]
    [TestCase(208, false, 77, 2)]
    [TestCase(128, true, 76, 4)]
    public void Project_TakesSeveralWeightsAtOnceAndAddsBiasAndResidual(int tile, bool isStaged, int second, int last)
    {
        const int Rows = 131;
        const int Inputs = 136;
        int[] outputs = [300, second, 96, last];
        var random = new Random(1);
        float[] x = LinearFixture.Values(random, Rows * Inputs);
        byte[][] weights = [.. outputs.Select(count => WeightReference.Random(DType.BF16, count * Inputs, random))];
        float[][] biases = [.. outputs.Select(count => LinearFixture.Values(random, count))];
        float[][] residuals = [.. outputs.Select(count => LinearFixture.Values(random, Rows * count))];
        using LinearFixture fixture = LinearFixture.Hopper(tile, isStaged: isStaged);
        Projection[] projections =
        [
            .. outputs.Select((count, i) =>
            {
                Tensor output = fixture.Output(Rows, count);
                fixture.Device.Upload<float>(output, residuals[i]);
                return new Projection
                {
                    Output = output,
                    Weight = fixture.Weights(DType.BF16, count, Inputs, weights[i]),
                    Bias = fixture.Floats(new Shape(count), biases[i]),
                    Residual = output,
                };
            }),
        ];
        fixture.Linear.Project(fixture.Floats(new Shape(Rows, Inputs), x), projections);
        for (int i = 0; i < outputs.Length; i++)
        {
            float[] alone = fixture.Project(DType.BF16, weights[i], x, Rows, Inputs, outputs[i]);
            float[] expected = [.. alone.Select((sum, at) => sum + biases[i][at % outputs[i]] + residuals[i][at])];
            Assert.That(fixture.Read(projections[i].Output), Is.EqualTo(expected), $"part {i}");
        }
    }

    // Rows and values beside those of the product are NaN.
    [TestCase(DType.F16, 40)]
    [TestCase(DType.BF16, 200)]
    public void Project_ReadsNothingBesideItsOperands(DType type, int inputs)
    {
        const int Rows = 70;
        const int Outputs = 37;
        var random = new Random(6);
        byte[] weight = WeightReference.Random(type, Outputs * inputs, random);
        float[] x = LinearFixture.Values(random, Rows * inputs);
        using LinearFixture fixture = LinearFixture.Hopper();
        int[] expected = LinearFixture.Bits(fixture.Project(type, weight, x, Rows, inputs, Outputs));
        Tensor output = fixture.Output(Rows, Outputs);
        fixture.Linear.Project(
            fixture.Amid(DType.F32, Rows, inputs, MemoryMarshal.AsBytes<float>(x)),
            new Projection { Output = output, Weight = fixture.Amid(type, Outputs, inputs, weight) });
        Assert.That(LinearFixture.Bits(fixture.Read(output)), Is.EqualTo(expected));
    }

    [Test]
    public void Project_HasTheSameBitsUnderEverySchedule([Values(DType.F16, DType.BF16)] DType type, [Values] bool isStaged)
    {
        const int Rows = 130;
        const int Inputs = 456;
        const int Outputs = 72;
        var random = new Random(7);
        byte[] weight = WeightReference.Random(type, Outputs * Inputs, random);
        float[] x = LinearFixture.Values(random, Rows * Inputs);
        Schedules.AssertEqualBits(
            device =>
            {
                using LinearFixture fixture = LinearFixture.Hopper(64, device, isStaged);
                return [.. MemoryMarshal.AsBytes<float>(fixture.Project(type, weight, x, Rows, Inputs, Outputs))];
            },
            "compute_90a");
    }

    [Test]
    public void Project_CanBeRecordedOnceAndReplayedWithOtherInputs()
    {
        const int Rows = 80;
        const int Inputs = 64;
        const int Outputs = 21;
        var random = new Random(8);
        byte[] bytes = WeightReference.Random(DType.F16, Outputs * Inputs, random);
        using LinearFixture fixture = LinearFixture.Hopper();
        Tensor weight = fixture.Weights(DType.F16, Outputs, Inputs, bytes);
        Tensor input = fixture.Floats(new Shape(Rows, Inputs), LinearFixture.Values(random, Rows * Inputs));
        var projection = new Projection { Output = fixture.Output(Rows, Outputs), Weight = weight };
        fixture.Linear.Project(input, projection);
        using DeviceRecording recording = fixture.Device.Record(() => fixture.Linear.Project(input, projection))!;
        for (int replay = 0; replay < 2; replay++)
        {
            float[] x = LinearFixture.Values(random, Rows * Inputs);
            fixture.Device.Upload<float>(input, x);
            recording.Launch();
            Assert.That(fixture.Read(projection.Output), Is.EqualTo(fixture.Project(DType.F16, bytes, x, Rows, Inputs, Outputs)));
        }
    }

    [Test]
    public void Products_AllocateNothingOnceWarm()
    {
        const int Rows = 66;
        using var silent = new SilentDevice("compute_90a");
        using var tensors = new TestTensors(silent.Device);
        ILinear linear = silent.Device.Linear;
        Tensor input = tensors.Of(new float[Rows * 64], Rows, 64);
        Tensor halves = tensors.Of(DType.F16, new Half[8 * 64], 8, 64);
        Projection To(Tensor weight) => new() { Output = tensors.Of(new float[Rows * 8], Rows, 8), Weight = weight };
        (Projection First, Projection Second) to = (To(halves), To(halves));
        silent.AssertAllocatesNothing(
            () =>
            {
                linear.Project(input, to.First, to.Second);
                linear.ProjectGated(to.First.Output, input, halves, halves, Activation.Silu);
            },
            4);
    }
}
