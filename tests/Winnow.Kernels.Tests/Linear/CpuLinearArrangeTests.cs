using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using NUnit.Framework;
using Winnow.Kernels.Linear;
using Winnow.Kernels.Linear.Cpu;

namespace Winnow.Kernels.Tests.Linear;

/// <summary>Weights in the order in which the processor multiplies, against those in file order.</summary>
internal sealed class CpuLinearArrangeTests
{
    private const int Inputs = 768;
    private const int MostRows = 64;

    // Whole groups, some and a part, and none.
    private static readonly int[] Outputs = [16, 48, 96, 101, 37, 24, 17, 15, 1];

    private static DType[] Arranged => [.. WeightReference.Types.Where(type => RowGroups.Arranged(type) is not null)];

    private static IEnumerable<TestCaseData> TypesAndWidths =>
        from type in Arranged from width in LinearFixture.Widths select new TestCaseData(type, width);

    [TestCaseSource(nameof(TypesAndWidths))]
    public void Project_OfArrangedWeightsHasTheBitsOfFileOrder(DType type, int width)
    {
        var random = new Random(1);
        float[] x = LinearFixture.Values(random, MostRows * Inputs);
        foreach (int outputs in Outputs)
        {
            byte[] weight = WeightReference.Random(type, outputs * Inputs, random);
            using var fixture = new LinearFixture(width);
            Tensor arranged = fixture.Linear.Arrange(fixture.Weights(type, outputs, Inputs, weight));
            foreach (int rows in new[] { 1, 2, 5, MostRows })
            {
                Tensor output = fixture.Output(rows, outputs);
                fixture.Linear.Project(fixture.Floats(new Shape(rows, Inputs), x), new Projection { Output = output, Weight = arranged });

                float[] expected = fixture.Project(type, weight, x, rows, Inputs, outputs);
                Assert.That(LinearFixture.Bits(fixture.Read(output)), Is.EqualTo(LinearFixture.Bits(expected)), $"{rows} rows, {outputs} outputs");
            }
        }
    }

    [Test]
    public void ProjectGated_OfArrangedWeightsHasTheBitsOfFileOrder(
        [ValueSource(nameof(Arranged))] DType type, [ValueSource(typeof(LinearFixture), nameof(LinearFixture.Widths))] int width, [Values(1, 2, 5, 64)] int rows)
    {
        const int Outputs = 53;
        var random = new Random(2);
        using var fixture = new LinearFixture(width);
        Tensor input = fixture.Floats(new Shape(rows, Inputs), LinearFixture.Values(random, rows * Inputs));
        Tensor gate = fixture.Weights(type, Outputs, Inputs, WeightReference.Random(type, Outputs * Inputs, random));
        Tensor up = fixture.Weights(type, Outputs, Inputs, WeightReference.Random(type, Outputs * Inputs, random));
        Tensor expected = fixture.Output(rows, Outputs);
        fixture.Linear.ProjectGated(expected, input, gate, up, Activation.Silu);
        Tensor actual = fixture.Output(rows, Outputs);

        fixture.Linear.ProjectGated(actual, input, fixture.Linear.Arrange(gate), fixture.Linear.Arrange(up), Activation.Silu);

        Assert.That(LinearFixture.Bits(fixture.Read(actual)), Is.EqualTo(LinearFixture.Bits(fixture.Read(expected))));
    }

    [TestCaseSource(nameof(Arranged))]
    public void Arrange_OfSlicesIsWhatProductsOfSlicesTake(DType type)
    {
        int[] outputs = [20, 5, 39];
        var random = new Random(3);
        byte[] weight = WeightReference.Random(type, outputs.Sum() * Inputs, random);
        float[] x = LinearFixture.Values(random, Inputs);
        using var fixture = new LinearFixture(threads: 2);
        float[] expected = fixture.Project(type, weight, x, 1, Inputs, outputs.Sum());
        Tensor fused = fixture.Weights(type, outputs.Sum(), Inputs, weight);
        Projection[] projections =
        [
            .. outputs.Select((count, i) => new Projection
            {
                Output = fixture.Output(1, count),
                Weight = fixture.Linear.Arrange(fused.Rows(outputs[..i].Sum(), count)),
            }),
        ];

        fixture.Linear.Project(fixture.Floats(new Shape(1, Inputs), x), projections);

        float[] actual = [.. projections.SelectMany(projection => fixture.Read(projection.Output))];
        Assert.That(LinearFixture.Bits(actual), Is.EqualTo(LinearFixture.Bits(expected)));
    }

    [Test]
    public void Arrange_GivesTheSameBytesWithAnyNumberOfThreads([ValueSource(nameof(Arranged))] DType type)
    {
        const int Outputs = 16 * 41;
        byte[] weight = WeightReference.Random(type, Outputs * Inputs, new Random(4));
        byte[][] results = [.. new[] { 1, 3 }.Select(threads =>
        {
            using var fixture = new LinearFixture(threads: threads);
            Tensor arranged = fixture.Linear.Arrange(fixture.Weights(type, Outputs, Inputs, weight));
            byte[] bytes = new byte[arranged.Bytes];
            fixture.Device.Download<byte>(arranged, bytes);
            return bytes;
        })];

        Assert.That(results[1].AsSpan().SequenceEqual(results[0]), "one thread or three");
        Assert.That(results[0].AsSpan().SequenceEqual(weight), Is.False, "the order changes");
        Assert.That(results[0].Order(), Is.EqualTo(weight.Order()), "and nothing else");
    }

    [Test]
    public void Arrange_OfWhatHasNoOtherOrderGivesItBack()
    {
        using var fixture = new LinearFixture();
        foreach ((DType type, int inputs) in WeightReference.Types.Except(Arranged).Select(type => (type, 256)).Append((DType.F16, 250)))
        {
            byte[] bytes = WeightReference.Random(type, 32 * inputs, new Random(5));
            Tensor weight = fixture.Weights(type, 32, inputs, bytes);

            Tensor arranged = fixture.Linear.Arrange(weight);

            byte[] after = new byte[weight.Bytes];
            fixture.Device.Download<byte>(arranged, after);
            Assert.That(arranged.Type, Is.EqualTo(type));
            Assert.That(after, Is.EqualTo(bytes));
        }
    }

    [Test]
    public void Project_OfHalvesHasTheBitsOfFileOrderWhateverTheInputs(
        [ValueSource(typeof(LinearFixture), nameof(LinearFixture.Widths))] int width,
        [Values(0f, 1e-40f, -65504f, 65535.99f, 65536f, 3e38f, float.NegativeInfinity, float.NaN)] float special)
    {
        const int Outputs = 21;
        Half[] specials = [Half.Epsilon, -Half.Epsilon, BitConverter.UInt16BitsToHalf(0x03FF), BitConverter.UInt16BitsToHalf(0x8400), Half.MaxValue, -Half.MaxValue, (Half)0, -(Half)0f];
        Half[] halves = [.. Enumerable.Range(0, Outputs * Inputs).Select(i => specials[(i + (i / Inputs)) % specials.Length])];
        float[] x = LinearFixture.Values(new Random(6), Inputs);
        (x[5], x[Inputs - 1]) = (special, special);
        byte[] weight = MemoryMarshal.AsBytes(halves.AsSpan()).ToArray();
        using var fixture = new LinearFixture(width);
        Tensor arranged = fixture.Linear.Arrange(fixture.Weights(DType.F16, Outputs, Inputs, weight));
        Assert.That(arranged.Type, Is.EqualTo(DType.F16x8));
        Tensor output = fixture.Output(1, Outputs);

        fixture.Linear.Project(fixture.Floats(new Shape(1, Inputs), x), new Projection { Output = output, Weight = arranged });

        float[] expected = fixture.Project(DType.F16, weight, x, 1, Inputs, Outputs);
        Assert.That(LinearFixture.Bits(fixture.Read(output)), Is.EqualTo(LinearFixture.Bits(expected)));
    }

    [Test]
    public void Arrange_OfHalvesThatAreNotFiniteGivesThemBack([Values(0, 16 * Inputs - 1)] int at, [Values] bool nan)
    {
        Half[] halves = new Half[16 * Inputs];
        halves[at] = nan ? Half.NaN : Half.NegativeInfinity;
        byte[] bytes = MemoryMarshal.AsBytes(halves.AsSpan()).ToArray();
        using var fixture = new LinearFixture();
        Tensor weight = fixture.Weights(DType.F16, 16, Inputs, bytes);

        Tensor arranged = fixture.Linear.Arrange(weight);

        byte[] after = new byte[weight.Bytes];
        fixture.Device.Download<byte>(arranged, after);
        Assert.That(arranged.Type, Is.EqualTo(DType.F16));
        Assert.That(after, Is.EqualTo(bytes));
    }

    [Test]
    public void Arrange_RefusesWhatIsArrangedAndWhatIsNoWeight()
    {
        using var fixture = new LinearFixture();
        Tensor arranged = fixture.Linear.Arrange(fixture.Weights(DType.Q4_0, 16, 32, new byte[288]));
        Assert.That(arranged.Type, Is.EqualTo(DType.Q4_0x16));
        Assert.That(() => fixture.Linear.Arrange(arranged), Throws.ArgumentException.With.Message.Contains("file order, Q4_0,"));
        Assert.That(
            () => fixture.Linear.Arrange(fixture.Weights(DType.I32, 4, 4, new byte[64])), Throws.ArgumentException.With.Message.Contains("[outputs, inputs]"));
    }

    [Test]
    public void Arrange_OnADeviceWithKernelsChangesNothingAndItsProductsRefuseOtherOrders()
    {
        using LinearFixture fixture = LinearFixture.Cuda();
        Tensor weight = fixture.Weights(DType.Q4_0, 16, 32, new byte[288]);
        Tensor input = fixture.Floats(new Shape(1, 32), new float[32]);
        Tensor output = fixture.Output(1, 16);
        var foreign = new Tensor(weight.Buffer, 0, DType.Q4_0x16, weight.Shape);
        Tensor token = new(fixture.Floats(new Shape(1), new float[1]).Buffer, 0, DType.I32, new Shape(1));

        Assert.That(fixture.Linear.Arrange(weight).Type, Is.EqualTo(DType.Q4_0));
        Assert.That(
            () => fixture.Linear.Project(input, new Projection { Output = output, Weight = foreign }), Throws.ArgumentException.With.Message.Contains("Q4_0x16"));
        Assert.That(
            () => fixture.Linear.ProjectGated(output, input, foreign, weight, Activation.Silu), Throws.ArgumentException.With.Message.Contains("Q4_0x16"));
        Assert.That(
            () => fixture.Linear.ProjectGated(output, input, weight, foreign, Activation.Silu), Throws.ArgumentException.With.Message.Contains("Q4_0x16"));
        Assert.That(
            () => fixture.Device.Norm.Embed(fixture.Output(1, 32), foreign, token, 1), Throws.ArgumentException.With.Message.Contains("Q4_0x16"));
    }
}
