using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using NUnit.Framework;
using Winnow.Kernels.Linear;

namespace Winnow.Kernels.Tests.Linear;

/// <summary>The kernel for block types on Hopper, which a GPU of another kind does not take: there the same is said of the others.</summary>
public sealed class CudaLinearHopperBlocksTests
{
    private static IEnumerable<DType> Types => WeightReference.Types.Where(CudaLinearVariant.HasHopperBlocks);

    // Fewest inputs whose rows lie on 16 bytes; more than a stage, and no whole number of them where that can be.
    private static int[] InputsOf(DType type) => type switch
    {
        DType.Q5_1 => [64, 576],
        DType.Q4_1 => [128, 384],
        _ => Enumerable.Range(1, 8).Select(i => 256 * i).Where(inputs => type.BytesOf(inputs) % 16 == 0).Take(2).ToArray(),
    };

    [TestCaseSource(nameof(Types))]
    public void Project_AgreesWithDoublePrecisionAndGivesTheSameBitsAsTheOtherKernels(DType type)
    {
        using LinearFixture others = LinearFixture.Hopper(0);
        foreach (int tile in new[] { 64, 128 })
        {
            using LinearFixture fixture = LinearFixture.Hopper(tile);
            foreach (int inputs in InputsOf(type))
            {
                foreach ((int rows, int outputs) in new[] { (65, 5), (130, 201) })
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
                        LinearReference.Plain(values, rounded, rows, inputs, outputs));
                    int[] expected = LinearFixture.Bits(others.Project(type, weight, x, rows, inputs, outputs));
                    Assert.That(LinearFixture.Bits(actual), Is.EqualTo(expected), $"{rows} x {inputs} x {outputs}, tile {tile}");
                }
            }
        }
    }

    [TestCase(DType.Q8_0)]
    [TestCase(DType.Q5_K)]
    public void Project_OfManyTilesGivesTheSameBitsAsTheOtherKernels(DType type)
    {
        const int Rows = 14 * 64;
        const int Outputs = (10 * 128) + 2;
        const int Inputs = 512;
        var random = new Random(13);
        byte[] weight = WeightReference.Random(type, Outputs * Inputs, random);
        float[] x = LinearFixture.Values(random, Rows * Inputs);
        using LinearFixture others = LinearFixture.Hopper(0);
        using LinearFixture fixture = LinearFixture.Hopper(64);
        int[] expected = LinearFixture.Bits(others.Project(type, weight, x, Rows, Inputs, Outputs));
        Assert.That(LinearFixture.Bits(fixture.Project(type, weight, x, Rows, Inputs, Outputs)), Is.EqualTo(expected));
    }

    [Test]
    [Combinatorial]
    public void ProjectGated_GivesTheSameBitsAsTheOtherKernels([Values(DType.Q4_0, DType.Q4_K, DType.Q5_1)] DType type, [Values] bool fused)
    {
        const int Inputs = 512;
        const int Rows = 70;
        const int Outputs = 83;
        var random = new Random(5);
        DType gateType = fused ? type : DType.Q8_0;
        byte[] gate = WeightReference.Random(gateType, Outputs * Inputs, random);
        byte[] up = WeightReference.Random(type, Outputs * Inputs, random);
        float[] x = LinearFixture.Values(random, Rows * Inputs);
        int[][] found = [.. new[] { 0, 128 }.Select(rows =>
        {
            using LinearFixture fixture = LinearFixture.Hopper(rows);
            Tensor output = fixture.Output(Rows, Outputs);
            fixture.Linear.ProjectGated(
                output,
                fixture.Floats(new Shape(Rows, Inputs), x),
                fixture.Weights(gateType, Outputs, Inputs, gate),
                fixture.Weights(type, Outputs, Inputs, up),
                Activation.Silu);
            return LinearFixture.Bits(fixture.Read(output));
        })];
        Assert.That(found[1], Is.EqualTo(found[0]));
    }

    // Types that share an input, with the sums of its steps or without, and one that takes another form of it.
    [Test]
    public void Project_TakesWeightsOfDifferentTypesAtOnceAndAddsBiasAndResidual()
    {
        const int Rows = 67;
        const int Inputs = 256;
        DType[] types = [DType.Q8_0, DType.Q8_0, DType.Q4_K, DType.F16, DType.Q5_1, DType.Q4_1];
        var random = new Random(1);
        float[] x = LinearFixture.Values(random, Rows * Inputs);
        byte[][] weights = [.. types.Select((type, i) => WeightReference.Random(type, Outputs(i) * Inputs, random))];
        float[][] biases = [.. types.Select((_, i) => LinearFixture.Values(random, Outputs(i)))];
        float[][] residuals = [.. types.Select((_, i) => LinearFixture.Values(random, Rows * Outputs(i)))];
        using LinearFixture fixture = LinearFixture.Hopper();
        Projection[] projections =
        [
            .. types.Select((type, i) =>
            {
                Tensor output = fixture.Output(Rows, Outputs(i));
                fixture.Device.Upload<float>(output, residuals[i]);
                return new Projection
                {
                    Output = output,
                    Weight = fixture.Weights(type, Outputs(i), Inputs, weights[i]),
                    Bias = fixture.Floats(new Shape(Outputs(i)), biases[i]),
                    Residual = output,
                };
            }),
        ];
        fixture.Linear.Project(fixture.Floats(new Shape(Rows, Inputs), x), projections);
        for (int i = 0; i < types.Length; i++)
        {
            float[] alone = fixture.Project(types[i], weights[i], x, Rows, Inputs, Outputs(i));
            float[] expected = [.. alone.Select((sum, at) => sum + biases[i][at % Outputs(i)] + residuals[i][at])];
            Assert.That(fixture.Read(projections[i].Output), Is.EqualTo(expected), $"part {i}");
        }

        static int Outputs(int part) => 130 - (23 * part);
    }

    [TestCase(DType.Q8_0)]
    [TestCase(DType.Q5_K)]
    public void Project_ReadsNothingBesideItsOperands(DType type)
    {
        const int Inputs = 256;
        const int Rows = 70;
        const int Outputs = 37;
        var random = new Random(6);
        byte[] weight = WeightReference.Random(type, Outputs * Inputs, random);
        float[] x = LinearFixture.Values(random, Rows * Inputs);
        using LinearFixture fixture = LinearFixture.Hopper();
        int[] expected = LinearFixture.Bits(fixture.Project(type, weight, x, Rows, Inputs, Outputs));
        Tensor output = fixture.Output(Rows, Outputs);
        fixture.Linear.Project(
            fixture.Amid(DType.F32, Rows, Inputs, MemoryMarshal.AsBytes<float>(x)),
            new Projection { Output = output, Weight = fixture.Amid(type, Outputs, Inputs, weight) });
        Assert.That(LinearFixture.Bits(fixture.Read(output)), Is.EqualTo(expected));
    }

    [TestCase(DType.Q4_K)]
    [TestCase(DType.Q8_0)]
    public void Project_HasTheSameBitsUnderEverySchedule(DType type)
    {
        const int Rows = 66;
        const int Inputs = 512;
        const int Outputs = 70;
        var random = new Random(7);
        byte[] weight = WeightReference.Random(type, Outputs * Inputs, random);
        float[] x = LinearFixture.Values(random, Rows * Inputs);
        Schedules.AssertEqualBits(
            device =>
            {
                using LinearFixture fixture = LinearFixture.Hopper(64, device);
                return [.. MemoryMarshal.AsBytes<float>(fixture.Project(type, weight, x, Rows, Inputs, Outputs))];
            },
            "compute_90a");
    }

    [Test]
    public void Products_AllocateNothingOnceWarm()
    {
        const int Rows = 66;
        using var silent = new SilentDevice("compute_90a");
        using var tensors = new TestTensors(silent.Device);
        ILinear linear = silent.Device.Linear;
        Tensor input = tensors.Of(new float[Rows * 256], Rows, 256);
        Tensor blocks = tensors.Of(DType.Q4_K, new byte[DType.Q4_K.BytesOf(8 * 256)], 8, 256);
        Projection To(Tensor weight) => new() { Output = tensors.Of(new float[Rows * 8], Rows, 8), Weight = weight };
        (Projection First, Projection Second) to = (To(blocks), To(blocks));
        silent.AssertAllocatesNothing(() => linear.Project(input, to.First, to.Second), 3);
    }
}
