using System;
using System.Runtime.InteropServices;
using NUnit.Framework;
using Winnow.Kernels.Linear;

namespace Winnow.Kernels.Tests.Linear;

public sealed class CudaLinearSafetyTests
{
    // Rows and values beside those of the product are NaN: in front of and behind the weights, and of the input.
    [TestCase(DType.F32, 29)]
    [TestCase(DType.F16, 29)]
    [TestCase(DType.F16, 40)]
    [TestCase(DType.BF16, 172)]
    [TestCase(DType.Q4_0, 96)]
    [TestCase(DType.Q8_0, 32)]
    [TestCase(DType.Q6_K, 256)]
    public void Project_ReadsNothingBesideItsOperands(DType type, int inputs)
    {
        const int Outputs = 5;
        var random = new Random(6);
        byte[] weight = WeightReference.Random(type, Outputs * inputs, random);
        using LinearFixture fixture = LinearFixture.Cuda();
        foreach (int rows in new[] { 1, 3, 17 })
        {
            float[] x = LinearFixture.Values(random, rows * inputs);
            int[] expected = LinearFixture.Bits(fixture.Project(type, weight, x, rows, inputs, Outputs));
            Tensor output = fixture.Output(rows, Outputs);
            fixture.Linear.Project(
                fixture.Amid(DType.F32, rows, inputs, MemoryMarshal.AsBytes<float>(x)),
                new Projection { Output = output, Weight = fixture.Amid(type, Outputs, inputs, weight) });
            Assert.That(LinearFixture.Bits(fixture.Read(output)), Is.EqualTo(expected), $"{rows} rows");
        }
    }

    // Views that begin between sixteens, as few rows and as many take them, with fewer outputs than a tile.
    [Test]
    [Combinatorial]
    public void Project_OfViewsHasTheBitsOfWholeTensors([Values(DType.F32, DType.F16, DType.BF16)] DType type, [Values(1, 9, 20)] int rows)
    {
        const int Inputs = 96;
        const int Outputs = 5;
        var random = new Random(11);
        byte[] weight = WeightReference.Random(type, Outputs * Inputs, random);
        float[] x = LinearFixture.Values(random, rows * Inputs);
        using LinearFixture fixture = LinearFixture.Cuda();
        int[] expected = LinearFixture.Bits(fixture.Project(type, weight, x, rows, Inputs, Outputs));
        int odd = (int)type.BytesOf(1);
        Tensor buffer = fixture.Weights(DType.U8, 1, odd + weight.Length, [.. new byte[odd], .. weight]), output = fixture.Output(rows, Outputs);
        var view = new Tensor(buffer.Buffer, odd, type, new Shape(Outputs, Inputs));

        fixture.Linear.Project(fixture.Floats(new Shape(rows, Inputs), x), new Projection { Output = output, Weight = view });

        Assert.That(LinearFixture.Bits(fixture.Read(output)), Is.EqualTo(expected));
    }

    [Test]
    [Combinatorial]
    public void Project_HasTheSameBitsUnderEverySchedule(
        [Values(DType.F32, DType.F16, DType.BF16, DType.Q4_K, DType.Q6_K)] DType type, [Values(1, 12, 20)] int rows)
    {
        const int Inputs = 768;
        const int Outputs = 19;
        var random = new Random(7);
        byte[] weight = WeightReference.Random(type, Outputs * Inputs, random);
        float[] x = LinearFixture.Values(random, rows * Inputs);
        Schedules.AssertEqualBits(device =>
        {
            using LinearFixture fixture = LinearFixture.Cuda(device: device);
            return [.. MemoryMarshal.AsBytes<float>(fixture.Project(type, weight, x, rows, Inputs, Outputs))];
        });
    }

    // One kernel for both products, or the gate's product kept for the other.
    [Test]
    [Combinatorial]
    public void ProjectGated_HasTheSameBitsUnderEverySchedule(
        [Values(DType.F32, DType.F16, DType.Q8_0)] DType type, [Values] bool fused, [Values(2, 20)] int rows)
    {
        const int Inputs = 256;
        const int Outputs = 19;
        var random = new Random(8);
        DType gateType = fused ? type : DType.BF16;
        byte[] gate = WeightReference.Random(gateType, Outputs * Inputs, random);
        byte[] up = WeightReference.Random(type, Outputs * Inputs, random);
        float[] x = LinearFixture.Values(random, rows * Inputs);
        Schedules.AssertEqualBits(device =>
        {
            using LinearFixture fixture = LinearFixture.Cuda(device: device);
            Tensor output = fixture.Output(rows, Outputs);
            fixture.Linear.ProjectGated(
                output,
                fixture.Floats(new Shape(rows, Inputs), x),
                fixture.Weights(gateType, Outputs, Inputs, gate),
                fixture.Weights(type, Outputs, Inputs, up),
                Activation.Silu);
            return [.. MemoryMarshal.AsBytes<float>(fixture.Read(output))];
        });
    }

    [TestCase(2)]
    [TestCase(19)]
    public void Project_CanBeRecordedOnceAndReplayedWithOtherInputs(int rows)
    {
        const int Inputs = 64;
        const int Outputs = 21;
        var random = new Random(8);
        byte[] bytes = WeightReference.Random(DType.Q8_0, Outputs * Inputs, random);
        using LinearFixture fixture = LinearFixture.Cuda();
        Tensor weight = fixture.Weights(DType.Q8_0, Outputs, Inputs, bytes);
        Tensor input = fixture.Floats(new Shape(rows, Inputs), LinearFixture.Values(random, rows * Inputs));
        var projection = new Projection { Output = fixture.Output(rows, Outputs), Weight = weight };
        Tensor gated = fixture.Output(rows, Outputs);
        Issue();
        using DeviceRecording recording = fixture.Device.Record(Issue)!;
        for (int replay = 0; replay < 2; replay++)
        {
            float[] x = LinearFixture.Values(random, rows * Inputs);
            fixture.Device.Upload<float>(input, x);
            recording.Launch();
            float[] replayed = fixture.Read(gated);
            Assert.That(fixture.Read(projection.Output), Is.EqualTo(fixture.Project(DType.Q8_0, bytes, x, rows, Inputs, Outputs)));
            fixture.Linear.ProjectGated(gated, input, weight, weight, Activation.Silu);
            Assert.That(replayed, Is.EqualTo(fixture.Read(gated)));
        }

        void Issue()
        {
            fixture.Linear.Project(input, projection);
            fixture.Linear.ProjectGated(gated, input, weight, weight, Activation.Silu);
        }
    }

    // Few rows are one kernel where there is room for them; many are packed first, once for all weights that take the same form.
    [TestCase(1, 6)]
    [TestCase(12, 9)]
    [TestCase(20, 11)]
    public void Products_AllocateNothingOnceWarm(int rows, int launches)
    {
        using var silent = new SilentDevice();
        using var tensors = new TestTensors(silent.Device);
        ILinear linear = silent.Device.Linear;
        Tensor input = tensors.Of(new float[rows * 64], rows, 64);
        Tensor single = tensors.Of(new float[8 * 64], 8, 64);
        Tensor halves = tensors.Of(DType.F16, new Half[8 * 64], 8, 64);
        Tensor blocks = tensors.Of(DType.Q8_0, new byte[DType.Q8_0.BytesOf(8 * 64)], 8, 64);
        Projection To(Tensor weight) => new() { Output = tensors.Of(new float[rows * 8], rows, 8), Weight = weight };
        (Projection First, Projection Second, Projection Third, Projection Last) to = (To(single), To(halves), To(halves), To(blocks));
        silent.AssertAllocatesNothing(
            () =>
            {
                linear.Project(input, to.First, to.Second, to.Third, to.Last);
                linear.ProjectGated(to.First.Output, input, halves, halves, Activation.Silu);
                linear.ProjectGated(to.First.Output, input, blocks, halves, Activation.GeluTanh);
            },
            launches);
    }

    [Test]
    public void Project_OfNothingDoesNothing()
    {
        using LinearFixture fixture = LinearFixture.Cuda();
        Tensor weight = fixture.Weights(DType.Q8_0, 3, 32, WeightReference.Random(DType.Q8_0, 96, new Random(1)));
        Tensor input = fixture.Floats(new Shape(1, 32), new float[32]).Rows(0, 0);
        Tensor output = fixture.Output(1, 3);
        fixture.Linear.Project(input, new Projection { Output = output.Rows(0, 0), Weight = weight });
        fixture.Linear.ProjectGated(output.Rows(0, 0), input, weight, weight, Activation.Silu);
        fixture.Linear.Project(input);
        Assert.That(fixture.Read(output), Is.All.NaN);
    }

    [Test]
    public void Project_RefusesBadArgumentsBeforeAnyLaunch()
    {
        using LinearFixture fixture = LinearFixture.Cuda();
        Tensor input = fixture.Floats(new Shape(2, 32), new float[64]);
        byte[] bytes = WeightReference.Random(DType.Q8_0, 128, new Random(1));
        Tensor good = fixture.Weights(DType.Q8_0, 3, 32, bytes);
        Tensor whole = fixture.Weights(DType.Q8_0, 4, 32, bytes);
        Tensor output = fixture.Output(2, 3);
        var fine = new Projection { Output = output, Weight = good };
        Assert.That(
            () => fixture.Linear.Project(input, fine, new Projection { Output = fixture.Output(2, 3), Weight = whole.Rows(1, 3) }),
            Throws.ArgumentException.With.Message.Contains("16 bytes"));
        Assert.That(
            () => fixture.Linear.Project(input, fine, new Projection { Output = fixture.Output(3, 2), Weight = good }),
            Throws.ArgumentException.With.Message.Contains("output must be F32 [2, 3]"));
        Assert.That(
            () => fixture.Linear.ProjectGated(output, input, good, whole, Activation.Silu), Throws.ArgumentException);
        Assert.That(fixture.Read(output), Is.All.NaN, "the first projection was right, and was not made");
    }
}
