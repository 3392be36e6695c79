using System;
using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;
using Winnow.Kernels.Linear;

namespace Winnow.Kernels.Tests.Linear;

public sealed class CpuLinearTests
{
    private const int MostRows = 33;
    private const int MostOutputs = 65;

    private static readonly int[] Rows = [1, 2, 3, 15, 16, 17, 33];
    private static readonly int[] Outputs = [1, 7, 8, 63, 64, 65];

    private static IEnumerable<TestCaseData> TypesAndWidths =>
        from type in WeightReference.Types from width in LinearFixture.Widths select new TestCaseData(type, width);

    [TestCaseSource(nameof(TypesAndWidths))]
    public void Project_AgreesWithDoublePrecisionAndEveryShapeGivesTheSameBits(DType type, int width)
    {
        int block = type.BlockValues();
        int[] lengths = block == 1 ? [8, 32, 64, 172, 1031] : [block, 2 * block, 7 * block, 9 * block];
        foreach (int inputs in lengths)
        {
            using var fixture = new LinearFixture(width);
            var random = new Random(inputs);
            byte[] weight = WeightReference.Random(type, MostOutputs * inputs, random);
            float[] x = LinearFixture.Values(random, MostRows * inputs);
            float[] all = fixture.Project(type, weight, x, MostRows, inputs, MostOutputs);
            double[] values = WeightReference.Values(type, weight);
            double[] taken = RoundedInputs.For(type, x);
            LinearReference.AssertClose(
                all,
                LinearReference.Product(values, taken, MostRows, inputs, MostOutputs),
                LinearReference.Plain(values, Array.ConvertAll(taken, value => (float)value), MostRows, inputs, MostOutputs));

            foreach ((int rows, int outputs) in Rows.SelectMany(r => Outputs.Select(o => (r, o))))
            {
                float[] some = fixture.Project(type, weight, x, rows, inputs, outputs);
                int[] expected = LinearFixture.Bits(Corner(all, rows, outputs));
                Assert.That(LinearFixture.Bits(some), Is.EqualTo(expected), $"{rows} rows, {inputs} inputs, {outputs} outputs");
            }
        }
    }

    [TestCase(DType.F32)]
    [TestCaseSource(typeof(RoundedInputs), nameof(RoundedInputs.Types))]
    public void Project_GivesTheSameBitsWithAnyNumberOfThreadsAndRows(DType type)
    {
        const int ManyOutputs = 1037;
        const int Inputs = 768;
        var random = new Random(1);
        byte[] weight = WeightReference.Random(type, ManyOutputs * Inputs, random);
        float[] x = LinearFixture.Values(random, 530 * Inputs);
        using var one = new LinearFixture();
        float[] expected = one.Project(type, weight, x, 530, Inputs, ManyOutputs);
        foreach (int threads in new[] { 1, 2, 3 })
        {
            using var fixture = new LinearFixture(threads: threads);
            foreach (int rows in new[] { 1, 5, 49, 530 })
            {
                float[] actual = fixture.Project(type, weight, x, rows, Inputs, ManyOutputs);
                Assert.That(
                    LinearFixture.Bits(actual).AsSpan().SequenceEqual(LinearFixture.Bits(expected.AsSpan(0, actual.Length))),
                    $"{threads} threads, {rows} rows");
            }
        }
    }

    [TestCaseSource(typeof(LinearFixture), nameof(LinearFixture.Widths))]
    public void Project_AddsBiasAndThenResidualInPlace(int width)
    {
        var random = new Random(1);
        foreach ((int rows, int outputs) in Rows.SelectMany(r => Outputs.Select(o => (r, o))))
        {
            using var fixture = new LinearFixture(width);
            byte[] weight = WeightReference.Random(DType.F16, outputs * 64, random);
            float[] x = LinearFixture.Values(random, rows * 64);
            float[] bias = LinearFixture.Values(random, outputs);
            float[] residual = LinearFixture.Values(random, rows * outputs);
            float[] product = fixture.Project(DType.F16, weight, x, rows, 64, outputs);
            float[] expected = [.. product.Select((p, i) => p + bias[i % outputs] + residual[i])];

            Tensor output = fixture.Output(rows, outputs);
            output.Buffer.Device.Upload<float>(output, residual);
            fixture.Linear.Project(
                fixture.Floats(new Shape(rows, 64), x),
                new Projection
                {
                    Output = output,
                    Weight = fixture.Weights(DType.F16, outputs, 64, weight),
                    Bias = fixture.Floats(new Shape(outputs), bias),
                    Residual = output,
                });
            Assert.That(fixture.Read(output), Is.EqualTo(expected), $"{rows} rows, {outputs} outputs");
        }
    }

    [Test]
    public void Project_TakesSeveralWeightsOfDifferentTypesAtOnce()
    {
        var random = new Random(1);
        (DType Type, int Outputs)[] parts =
            [.. Enumerable.Range(0, 11).Select(i => (WeightReference.Types[i], 5 + (40 * i)))];
        foreach (int rows in new[] { 1, 6 })
        {
            using var fixture = new LinearFixture(threads: 2);
            float[] x = LinearFixture.Values(random, rows * 256);
            byte[][] weights = [.. parts.Select(p => WeightReference.Random(p.Type, p.Outputs * 256, random))];
            Projection[] projections =
            [
                .. parts.Select((p, i) => new Projection
                {
                    Output = fixture.Output(rows, p.Outputs),
                    Weight = fixture.Weights(p.Type, p.Outputs, 256, weights[i]),
                }),
            ];
            fixture.Linear.Project(fixture.Floats(new Shape(rows, 256), x), projections);
            for (int i = 0; i < parts.Length; i++)
            {
                float[] alone = fixture.Project(parts[i].Type, weights[i], x, rows, 256, parts[i].Outputs);
                Assert.That(LinearFixture.Bits(fixture.Read(projections[i].Output)), Is.EqualTo(LinearFixture.Bits(alone)));
            }
        }
    }

    [Test]
    public void ProjectGated_AgreesWithDoublePrecisionAndEveryShapeGivesTheSameBits(
        [ValueSource(typeof(LinearFixture), nameof(LinearFixture.Widths))] int width,
        [Values(Activation.Silu, Activation.GeluTanh)] Activation activation)
    {
        const int Inputs = 192;
        using var fixture = new LinearFixture(width);
        var random = new Random(1);
        byte[] gate = WeightReference.Random(DType.F16, MostOutputs * Inputs, random);
        byte[] up = WeightReference.Random(DType.Q8_0, MostOutputs * Inputs, random);
        float[] x = LinearFixture.Values(random, MostRows * Inputs);
        float[] all = Gated(fixture, gate, up, x, MostRows, Inputs, MostOutputs, activation);
        double[] gateValues = WeightReference.Values(DType.F16, gate);
        double[] upValues = WeightReference.Values(DType.Q8_0, up);
        double[] taken = RoundedInputs.For(DType.Q8_0, x);
        double[] upProduct = LinearReference.Product(upValues, taken, MostRows, Inputs, MostOutputs);
        float[] upPlain = LinearReference.Plain(upValues, Array.ConvertAll(taken, value => (float)value), MostRows, Inputs, MostOutputs);
        LinearReference.AssertClose(
            all,
            [.. LinearReference.Product(gateValues, x, MostRows, Inputs, MostOutputs)
                .Select((g, i) => LinearReference.Activate(activation, g) * upProduct[i])],
            [.. LinearReference.Plain(gateValues, x, MostRows, Inputs, MostOutputs)
                .Select((g, i) => (float)LinearReference.Activate(activation, g) * upPlain[i])]);

        foreach ((int rows, int outputs) in Rows.SelectMany(r => Outputs.Select(o => (r, o))))
        {
            float[] some = Gated(fixture, gate, up, x, rows, Inputs, outputs, activation);
            int[] expected = LinearFixture.Bits(Corner(all, rows, outputs));
            Assert.That(LinearFixture.Bits(some), Is.EqualTo(expected), $"{rows} rows, {outputs} outputs");
        }
    }

    [Test]
    public void ProjectGated_ActivatesTheWholeRangeOfFloats(
        [ValueSource(typeof(LinearFixture), nameof(LinearFixture.Widths))] int width,
        [Values(Activation.Silu, Activation.GeluTanh)] Activation activation)
    {
        float[] inputs =
        [
            0, -0f, 1e-30f, -1e-30f, 1e-4f, -1e-4f, 0.5f, -0.5f, 1, -1, 3, -3, 10, -10, 50, -50, 86.9f, -86.9f, 200, -200, 1e6f, -1e6f, 1e30f,
            float.PositiveInfinity, float.NaN,
        ];
        using var fixture = new LinearFixture(width);
        byte[] one = [0, 0, 128, 63];
        foreach (float x in inputs)
        {
            // gate = x, up = 1, through an input of (x, 1).
            byte[] gate = [.. one, 0, 0, 0, 0];
            byte[] up = [0, 0, 0, 0, .. one];
            double expected = LinearReference.Activate(activation, x);
            float actual = Gated(fixture, gate, up, [x, 1], 1, 2, 1, activation, DType.F32)[0];
            if (!float.IsFinite(x))
            {
                Assert.That(double.IsNaN(actual), "infinity times the zero of the weight is not a number");
                continue;
            }

            Assert.That(actual, Is.EqualTo(expected).Within(Math.Abs(expected) * 5e-7 + 1e-30), $"at {x}");
        }
    }

    [TestCase(1)]
    [TestCase(5)]
    public void Project_ReadsNothingThatWasLeftInScratchMemory(int rows)
    {
        var random = new Random(1);
        byte[] weight = WeightReference.Random(DType.F32, 50 * 300, random);
        float[] x = LinearFixture.Values(random, rows * 172);
        using var clean = new LinearFixture();
        float[] expected = clean.Project(DType.F32, weight, x, rows, 172, 50);

        using var poisoned = new LinearFixture();
        float[] nan = new float[8 * 300];
        Array.Fill(nan, float.NaN);
        poisoned.Project(DType.F32, weight, nan, 1, 300, 50);
        poisoned.Project(DType.F32, weight, nan, 8, 300, 50);
        Assert.That(poisoned.Project(DType.F32, weight, x, rows, 172, 50), Is.EqualTo(expected));
    }

    [Test]
    public void Project_AllocatesNothingAfterTheFirstCall([Values(1, 2)] int threads, [Values(1, 7)] int rows)
    {
        using var fixture = new LinearFixture(threads: threads);
        var random = new Random(1);
        Tensor weight = fixture.Weights(DType.Q8_0, 512, 512, WeightReference.Random(DType.Q8_0, 512 * 512, random));
        Tensor input = fixture.Floats(new Shape(rows, 512), LinearFixture.Values(random, rows * 512));
        var projection = new Projection { Output = fixture.Output(rows, 512), Weight = weight };
        Tensor gated = fixture.Output(rows, 512);
        Allocations.AssertNone(() =>
        {
            fixture.Linear.Project(input, projection, projection);
            fixture.Linear.ProjectGated(gated, input, weight, weight, Activation.Silu);
        });
    }

    private static float[] Gated(
        LinearFixture fixture, byte[] gate, byte[] up, float[] x, int rows, int inputs, int outputs, Activation activation, DType? both = null)
    {
        Tensor output = fixture.Output(rows, outputs);
        fixture.Linear.ProjectGated(
            output,
            fixture.Floats(new Shape(rows, inputs), x),
            fixture.Weights(both ?? DType.F16, outputs, inputs, gate),
            fixture.Weights(both ?? DType.Q8_0, outputs, inputs, up),
            activation);
        return fixture.Read(output);
    }

    private static float[] Corner(float[] all, int rows, int outputs) =>
        [.. Enumerable.Range(0, rows).SelectMany(r => all.Skip(r * MostOutputs).Take(outputs))];
}
