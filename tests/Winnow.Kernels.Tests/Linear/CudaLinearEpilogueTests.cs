using System;
using System.Linq;
using NUnit.Framework;
using Winnow.Kernels.Linear;

namespace Winnow.Kernels.Tests.Linear;

public sealed class CudaLinearEpilogueTests
{
    [TestCase(DType.F32)]
    [TestCase(DType.F16)]
    [TestCase(DType.Q4_K)]
    public void Project_AddsBiasAndThenResidualInPlace(DType type)
    {
        const int Inputs = 256;
        using LinearFixture fixture = LinearFixture.Cuda();
        foreach ((int rows, int outputs) in new[] { (1, 17), (16, 65), (33, 15) })
        {
            var random = new Random(rows);
            byte[] weight = WeightReference.Random(type, outputs * Inputs, random);
            float[] x = LinearFixture.Values(random, rows * Inputs);
            float[] bias = LinearFixture.Values(random, outputs);
            float[] residual = LinearFixture.Values(random, rows * outputs);
            float[] product = fixture.Project(type, weight, x, rows, Inputs, outputs);
            float[] expected = [.. product.Select((p, i) => p + bias[i % outputs] + residual[i])];

            Tensor output = fixture.Output(rows, outputs);
            fixture.Device.Upload<float>(output, residual);
            fixture.Linear.Project(
                fixture.Floats(new Shape(rows, Inputs), x),
                new Projection
                {
                    Output = output,
                    Weight = fixture.Weights(type, outputs, Inputs, weight),
                    Bias = fixture.Floats(new Shape(outputs), bias),
                    Residual = output,
                });
            Assert.That(fixture.Read(output), Is.EqualTo(expected), $"{rows} rows, {outputs} outputs");
        }
    }

    [TestCase(1)]
    [TestCase(18)]
    public void Project_TakesSeveralWeightsOfDifferentTypesAtOnce(int rows)
    {
        // Five of one type are more than one launch takes; then types that share the form of the input, and such that do not.
        DType[] types =
        [
            DType.Q8_0, DType.Q8_0, DType.Q8_0, DType.Q8_0, DType.Q8_0, DType.Q4_K, DType.F32, DType.BF16, DType.BF16, DType.F16, DType.Q6_K,
        ];
        var random = new Random(1);
        using LinearFixture fixture = LinearFixture.Cuda();
        float[] x = LinearFixture.Values(random, rows * 256);
        byte[][] weights = [.. types.Select((type, i) => WeightReference.Random(type, Outputs(i) * 256, random))];
        Projection[] projections =
        [
            .. types.Select((type, i) => new Projection
            {
                Output = fixture.Output(rows, Outputs(i)),
                Weight = fixture.Weights(type, Outputs(i), 256, weights[i]),
            }),
        ];
        fixture.Linear.Project(fixture.Floats(new Shape(rows, 256), x), projections);
        for (int i = 0; i < types.Length; i++)
        {
            float[] alone = fixture.Project(types[i], weights[i], x, rows, 256, Outputs(i));
            Assert.That(LinearFixture.Bits(fixture.Read(projections[i].Output)), Is.EqualTo(LinearFixture.Bits(alone)), $"part {i}");
        }

        static int Outputs(int part) => 3 + (8 * part);
    }

    [TestCase(DType.F16, DType.F16, Activation.Silu)]
    [TestCase(DType.Q4_0, DType.Q4_0, Activation.GeluTanh)]
    [TestCase(DType.Q8_0, DType.BF16, Activation.Silu)]
    [TestCase(DType.F32, DType.F32, Activation.GeluTanh)]
    public void ProjectGated_AgreesWithDoublePrecisionAndEveryRowKeepsItsBits(DType gateType, DType upType, Activation activation)
    {
        const int Inputs = 160;
        const int Outputs = 53;
        const int Most = 66;
        var random = new Random(5);
        byte[] gate = WeightReference.Random(gateType, Outputs * Inputs, random);
        byte[] up = WeightReference.Random(upType, Outputs * Inputs, random);
        float[] x = LinearFixture.Values(random, Most * Inputs);
        int[]? expected = null;
        foreach (int tile in new[] { 64, 128 })
        {
            using LinearFixture fixture = LinearFixture.Cuda(tile: tile);
            foreach (int rows in new[] { Most, 9, 1 })
            {
                Tensor output = fixture.Output(rows, Outputs);
                fixture.Linear.ProjectGated(
                    output,
                    fixture.Floats(new Shape(rows, Inputs), x),
                    fixture.Weights(gateType, Outputs, Inputs, gate),
                    fixture.Weights(upType, Outputs, Inputs, up),
                    activation);
                float[] actual = fixture.Read(output);
                expected ??= LinearFixture.Bits(actual);
                Assert.That(LinearFixture.Bits(actual), Is.EqualTo(expected[..(rows * Outputs)]), $"{rows} rows, tile {tile}");
                AssertGated(actual, gateType, gate, upType, up, x, rows, Inputs, Outputs, activation);
            }
        }
    }

    [TestCase(Activation.Silu)]
    [TestCase(Activation.GeluTanh)]
    public void ProjectGated_ActivatesTheWholeRangeOfHalves(Activation activation)
    {
        float[] inputs = [0, -0f, 1e-4f, -1e-4f, 0.5f, -0.5f, 1, -1, 3, -3, 10, -10, 50, -50, 85, -85, 200, -200, 60000, -60000];
        using LinearFixture fixture = LinearFixture.Cuda();
        byte[] one = [0, 60];
        foreach (float x in inputs)
        {
            // gate = x, up = 1, through an input of (x, 1).
            Tensor output = fixture.Output(1, 1);
            fixture.Linear.ProjectGated(
                output,
                fixture.Floats(new Shape(1, 2), [x, 1]),
                fixture.Weights(DType.F16, 1, 2, [.. one, 0, 0]),
                fixture.Weights(DType.F16, 1, 2, [0, 0, .. one]),
                activation);
            double expected = LinearReference.Activate(activation, (double)(Half)x);
            Assert.That(fixture.Read(output)[0], Is.EqualTo(expected).Within((Math.Abs(expected) * 1e-6) + 1e-30), $"at {x}");
        }
    }

    [TestCase(DType.F16)]
    [TestCase(DType.Q8_0)]
    public void Project_HoldsInputsThatAHalfCannotHold(DType type)
    {
        using LinearFixture fixture = LinearFixture.Cuda();
        byte[] weight = new byte[type.BytesOf(32)];
        weight.AsSpan().Clear();
        BitConverter.TryWriteBytes(weight, (Half)1);
        if (type == DType.Q8_0)
        {
            weight[2] = 1;
        }

        foreach (int rows in new[] { 1, 17 })
        {
            float[] x = new float[rows * 32];
            x[0] = 1e9f;
            Assert.That(fixture.Project(type, weight, x, rows, 32, 1)[0], Is.EqualTo(65504));
            x[0] = -65520;
            Assert.That(fixture.Project(type, weight, x, rows, 32, 1)[0], Is.EqualTo(-65504));
        }
    }

    private static void AssertGated(
        float[] actual, DType gateType, byte[] gate, DType upType, byte[] up, float[] x, int rows, int inputs, int outputs, Activation activation)
    {
        (double[] Exact, float[] Plain) gates = Products(gateType, gate, x, rows, inputs, outputs);
        (double[] Exact, float[] Plain) ups = Products(upType, up, x, rows, inputs, outputs);
        LinearReference.AssertClose(
            actual,
            [.. gates.Exact.Zip(ups.Exact, (g, u) => LinearReference.Activate(activation, g) * u)],
            [.. gates.Plain.Zip(ups.Plain, (g, u) => (float)LinearReference.Activate(activation, g) * u)]);
    }

    private static (double[] Exact, float[] Plain) Products(DType type, byte[] weight, float[] x, int rows, int inputs, int outputs)
    {
        double[] values = WeightReference.Values(type, weight);
        float[] rounded = MatrixInputs.Round(type, x);
        return (LinearReference.Product(values, rounded, rows, inputs, outputs), LinearReference.Plain(type, values, rounded, rows, inputs, outputs));
    }
}
