using System;
using System.Linq;
using NUnit.Framework;

namespace Winnow.Kernels.Tests.Reduction;

public sealed class CpuReductionTests
{
    private static readonly int[] Sizes = [1, 7, 8, 9, 255, 256, 257, 521];

    [Test]
    public void GatherRows_CopiesBitForBit([ValueSource(nameof(Sizes))] int columns, [Values(1, 3)] int threads)
    {
        using var device = new CpuDevice(threads);
        using var tensors = new TestTensors(device);
        var random = new Random(1);
        float[] input = TestTensors.Random(random, 300 * columns);
        int[] indices = [299, 0, .. Enumerable.Range(0, 500).Select(_ => random.Next(300))];
        Tensor output = tensors.Of(new float[indices.Length * columns], indices.Length, columns);
        device.Reduction.GatherRows(output, tensors.Of(input, 300, columns), tensors.Of(indices));
        float[] expected = [.. indices.SelectMany(index => input.Skip(index * columns).Take(columns))];
        Assert.That(tensors.Floats(output), Is.EqualTo(expected));
    }

    [TestCase(-1)]
    [TestCase(3)]
    public void GatherRows_RefusesAnIndexOutsideTheInput(int index)
    {
        using var device = new CpuDevice(1);
        using var tensors = new TestTensors(device);
        Assert.That(
            () => device.Reduction.GatherRows(tensors.Of(new float[2], 1, 2), tensors.Of(new float[6], 3, 2), tensors.Of([index])),
            Throws.ArgumentException);
    }

    [Test]
    public void AddRowSums_AgreesAndAddsInRowOrder([ValueSource(nameof(Sizes))] int columns, [Values(1, 3)] int threads)
    {
        using var device = new CpuDevice(threads);
        using var tensors = new TestTensors(device);
        var random = new Random(1);
        const int Rows = 401;
        float[] input = TestTensors.Random(random, Rows * columns);
        float[] start = TestTensors.Random(random, columns);
        Tensor matrix = tensors.Of(input, Rows, columns);
        Tensor whole = tensors.Of(start);
        Tensor pieces = tensors.Of(start);
        device.Reduction.AddRowSums(whole, matrix);
        device.Reduction.AddRowSums(pieces, matrix.Rows(0, 17));
        device.Reduction.AddRowSums(pieces, matrix.Rows(17, 0));
        device.Reduction.AddRowSums(pieces, matrix.Rows(17, Rows - 17));

        double[] exact = [.. start.Select(value => (double)value)];
        float[] plain = [.. start];
        for (int i = 0; i < input.Length; i++)
        {
            exact[i % columns] += input[i];
            plain[i % columns] += input[i];
        }

        Tolerance.Check(tensors.Floats(whole), exact, plain);
        Assert.That(tensors.Floats(pieces), Is.EqualTo(tensors.Floats(whole)));
    }

    [Test]
    public void NormalizeRows_AgreesWithDoublePrecision([ValueSource(nameof(Sizes))] int columns, [Values(1e-30, 1, 1e30)] double scale)
    {
        using var device = new CpuDevice(2);
        using var tensors = new TestTensors(device);
        float[] input = TestTensors.Random(new Random(1), 3 * columns, scale);
        Tensor rows = tensors.Of(input, 3, columns);
        device.Reduction.NormalizeRows(rows);
        float[] actual = tensors.Floats(rows);
        for (int i = 0; i < actual.Length; i++)
        {
            double length = Math.Sqrt(input.Skip(i / columns * columns).Take(columns).Sum(value => (double)value * value));
            Assert.That(actual[i], Is.EqualTo(input[i] / length).Within(Tolerance.Ulp(input[i] / length)));
        }
    }

    [Test]
    public void NormalizeRows_LeavesZerosAlone()
    {
        using var device = new CpuDevice(1);
        using var tensors = new TestTensors(device);
        Tensor rows = tensors.Of([0f, 0f, 0f, 3f, 0f, 4f], 2, 3);
        device.Reduction.NormalizeRows(rows);
        Assert.That(tensors.Floats(rows), Is.EqualTo(new[] { 0f, 0f, 0f, 0.6f, 0f, 0.8f }));
    }

    [Test]
    public void Operations_AllocateNothing()
    {
        using var device = new CpuDevice(2);
        using var tensors = new TestTensors(device);
        Tensor matrix = tensors.Of(TestTensors.Random(new Random(1), 64 * 4096), 64, 4096);
        Tensor output = tensors.Of(new float[32 * 4096], 32, 4096);
        Tensor sums = tensors.Of(new float[4096]);
        Tensor indices = tensors.Of([.. Enumerable.Range(0, 32)]);
        void Step()
        {
            device.Reduction.GatherRows(output, matrix, indices);
            device.Reduction.AddRowSums(sums, matrix);
            device.Reduction.NormalizeRows(output);
        }

        Step();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Step();
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }
}
