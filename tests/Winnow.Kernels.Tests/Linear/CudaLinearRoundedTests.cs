using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using NUnit.Framework;
using Winnow.Kernels.Linear;

namespace Winnow.Kernels.Tests.Linear;

/// <summary>What goes from one operation to a product in the type that the product rounds to: the same bits as through floats.</summary>
public sealed class CudaLinearRoundedTests
{
    private const int Rows = 131;
    private const int Inputs = 128;

    [Test]
    public void InputType_IsThatOfTheWeightWhereProductsOfHopperRoundToIt()
    {
        using LinearFixture hopper = LinearFixture.Hopper(), others = LinearFixture.Hopper(0);
        using var processor = new LinearFixture();
        Tensor Weight(LinearFixture fixture, DType type, int inputs) => fixture.Weights(type, 8, inputs, new byte[8 * 4 * inputs]);
        Assert.Multiple(() =>
        {
            Assert.That(hopper.Linear.InputType(Weight(hopper, DType.BF16, 128), 65), Is.EqualTo(DType.BF16));
            Assert.That(hopper.Linear.InputType(Weight(hopper, DType.F16, 128), 65), Is.EqualTo(DType.F16));
            Assert.That(hopper.Linear.InputType(Weight(hopper, DType.F16, 128), 64), Is.EqualTo(DType.F32), "few rows");
            Assert.That(hopper.Linear.InputType(Weight(hopper, DType.F16, 72), 65), Is.EqualTo(DType.F32), "no whole lines");
            Assert.That(hopper.Linear.InputType(Weight(hopper, DType.Q8_0, 128), 65), Is.EqualTo(DType.F32), "blocks");
            Assert.That(hopper.Linear.InputType(Weight(hopper, DType.F32, 128), 65), Is.EqualTo(DType.F32), "floats");
            Assert.That(others.Linear.InputType(Weight(others, DType.F16, 128), 65), Is.EqualTo(DType.F32), "another device");
            Assert.That(processor.Linear.InputType(Weight(processor, DType.F16, 128), 65), Is.EqualTo(DType.F32), "the processor");
        });
    }

    [TestCase(DType.F16)]
    [TestCase(DType.BF16)]
    public void Project_OfWhatANormRoundedGivesTheSameBits(DType type)
    {
        const int Outputs = 77;
        var random = new Random(1);
        using LinearFixture fixture = LinearFixture.Hopper();
        Tensor input = fixture.Floats(new Shape(Rows, Inputs), LinearFixture.Values(random, Rows * Inputs));

        // Some values past what a half holds.
        Tensor scale = fixture.Floats(new Shape(Inputs), [.. LinearFixture.Values(random, Inputs).Select((value, i) => i % 9 == 0 ? 90_000 * value : value)]);
        Tensor[] weights = [.. new[] { Outputs, 64 }.Select(outputs => fixture.Weights(type, outputs, Inputs, WeightReference.Random(type, outputs * Inputs, random)))];
        List<int[]> found = [];
        foreach (DType normType in new[] { DType.F32, type })
        {
            Tensor normed = Typed(fixture.Output(Rows, Inputs), normType);
            fixture.Device.Norm.RmsNorm(normed, input, scale, 1e-5f);
            Tensor first = fixture.Output(Rows, Outputs), second = fixture.Output(Rows, 64), gated = fixture.Output(Rows, 64);
            fixture.Linear.Project(normed, new Projection { Output = first, Weight = weights[0] }, new Projection { Output = second, Weight = weights[1] });
            fixture.Linear.ProjectGated(gated, normed, weights[1], weights[1], Activation.Silu);
            found.Add([.. LinearFixture.Bits(fixture.Read(first)), .. LinearFixture.Bits(fixture.Read(second)), .. LinearFixture.Bits(fixture.Read(gated))]);
        }

        Assert.That(found[1], Is.EqualTo(found[0]));
    }

    // Of gates of another type the floats are rounded afterwards; 72 outputs fill no tile and no box.
    [Test]
    [Combinatorial]
    public void ProjectGated_RoundsAsTheNextProductDoes(
        [Values(DType.F16, DType.BF16)] DType type, [Values(DType.BF16, DType.Q8_0)] DType gateType, [Values(72, 256)] int outputs, [Values(64, 128, 192)] int tile)
    {
        var random = new Random(outputs);
        using LinearFixture fixture = LinearFixture.Hopper(tile, isStaged: tile <= 128);
        Tensor input = fixture.Floats(new Shape(Rows, Inputs), [.. LinearFixture.Values(random, Rows * Inputs).Select(value => 300 * value)]);
        Tensor gate = fixture.Weights(gateType, outputs, Inputs, WeightReference.Random(gateType, outputs * Inputs, random));
        Tensor up = fixture.Weights(DType.BF16, outputs, Inputs, WeightReference.Random(DType.BF16, outputs * Inputs, random));
        Tensor floats = fixture.Output(Rows, outputs), rounded = fixture.Output(Rows, outputs);
        fixture.Linear.ProjectGated(floats, input, gate, up, Activation.Silu);
        fixture.Linear.ProjectGated(Typed(rounded, type), input, gate, up, Activation.Silu);
        float[] expected = MatrixInputs.Round(type, fixture.Read(floats));
        float[] memory = fixture.Read(rounded);
        ReadOnlySpan<ushort> bits = MemoryMarshal.Cast<float, ushort>(memory)[..(Rows * outputs)];
        float[] actual = new float[bits.Length];
        for (int i = 0; i < bits.Length; i++)
        {
            actual[i] = type == DType.F16 ? (float)BitConverter.UInt16BitsToHalf(bits[i]) : (float)new BFloat16(bits[i]);
        }

        Assert.That(actual, Is.EqualTo(expected));
        Assert.That(memory[(Rows * outputs / 2)..], Is.All.NaN, "memory behind the output was overwritten");
    }

    [Test]
    public void Products_RefuseRoundedTensorsThatTheyDoNotTake()
    {
        using LinearFixture hopper = LinearFixture.Hopper(), others = LinearFixture.Hopper(0);
        void Refuses(LinearFixture fixture, DType inputType, DType outputType, int rows, int outputs, string rule)
        {
            Tensor input = Typed(fixture.Output(rows, Inputs), inputType), output = Typed(fixture.Output(rows, outputs), outputType);
            Tensor weight = fixture.Weights(DType.F16, outputs, Inputs, new byte[outputs * Inputs * 2]);
            Assert.That(
                () => fixture.Linear.ProjectGated(output, input, weight, weight, Activation.Silu), Throws.ArgumentException.With.Message.Contains(rule));
        }

        Refuses(hopper, DType.BF16, DType.F32, 65, 64, "F32 or F16");
        Refuses(hopper, DType.F16, DType.F32, 64, 64, "must be F32");
        Refuses(others, DType.F16, DType.F32, 65, 64, "must be F32");
        Refuses(others, DType.F32, DType.F16, 65, 64, "must be F32");
        Refuses(hopper, DType.F32, DType.F16, 65, 60, "must be F32");
    }

    private static Tensor Typed(Tensor floats, DType type) => new(floats.Buffer, floats.ByteOffset, type, floats.Shape);
}
