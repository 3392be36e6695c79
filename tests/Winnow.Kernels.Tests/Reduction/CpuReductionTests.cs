using System;
using System.Linq;
using NUnit.Framework;

namespace Winnow.Kernels.Tests.Reduction;

public sealed class CpuReductionTests
{
    private static readonly int[] Sizes = [1, 7, 8, 9, 255, 256, 257, 521];

    [Test]
    public void MovingRows_CopiesBitForBit([ValueSource(nameof(Sizes))] int columns, [Values(1, 3)] int threads)
    {
        using var device = new CpuDevice(threads);
        ReductionCases.MovesRows(device, columns, count: 500);
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
        ReductionCases.RowSums(device, columns, rows: 401);
    }

    [Test]
    public void NormalizeRows_AgreesWithDoublePrecision([ValueSource(nameof(Sizes))] int columns, [Values(1e-30, 1, 1e30)] double scale)
    {
        using var device = new CpuDevice(2);
        ReductionCases.Normalizes(device, columns, scale);
    }

    [Test]
    public void SelectTop_IsWhatSortingGives([Values(1, 2, 31, 33, 511, 513, 1201)] int entries, [Values(1, 3)] int threads)
    {
        using var device = new CpuDevice(threads);
        ReductionCases.Selects(device, entries, rows: 15);
    }

    [Test]
    public void SelectTop_EndsStayWhateverTheyScore([Values(1, 33, 700)] int entries)
    {
        using var device = new CpuDevice(1);
        ReductionCases.SelectionKeepsEnds(device, entries);
    }

    [Test]
    public void SelectTop_ResultOverCapacityIsCutAndCounted()
    {
        using var device = new CpuDevice(1);
        ReductionCases.SelectionOverCapacity(device);
    }

    [TestCase(1, 1, 1)]
    [TestCase(3, 65, 31)]
    [TestCase(64, 2, 33)]
    [TestCase(70, 130, 257)]
    public void CosineSimilarity_AgreesWithDoublePrecision(int leftRows, int rightRows, int columns)
    {
        using var device = new CpuDevice(2);
        ReductionCases.Similarity(device, leftRows, rightRows, columns);
    }

    [Test]
    public void MergeRows_SumsInRowOrder([ValueSource(nameof(Sizes))] int columns, [Values(1, 3)] int threads)
    {
        using var device = new CpuDevice(threads);
        ReductionCases.Merges(device, rows: 300, destinations: 9, columns);
    }

    [TestCaseSource(typeof(ReductionCases), nameof(ReductionCases.WrongOperands))]
    public void Operations_WrongOperandIsRefused(string broken)
    {
        using var device = new CpuDevice(1);
        ReductionCases.RefusesWrongOperand(device, broken);
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
        Tensor cosines = tensors.Of(new float[32 * 32], 32, 32);
        Tensor targets = tensors.Of([.. Enumerable.Range(0, 64).Select(i => i / 2)]);
        Tensor weights = tensors.Of(new float[64]);
        Tensor selected = tensors.Of(new int[32], 32, 1), counts = tensors.Of(new int[32]), one = tensors.Of([1]);
        void Step()
        {
            device.Reduction.GatherRows(output, matrix, indices);
            device.Reduction.AddRowSums(sums, matrix);
            device.Reduction.NormalizeRows(output);
            device.Reduction.ScatterRows(matrix, output, indices);
            device.Reduction.CosineSimilarity(cosines, output, output);
            device.Reduction.MergeRows(output, matrix, targets, weights);
            device.Reduction.SelectTop(selected, counts, output, one);
        }

        Allocations.AssertNone(Step);
    }
}
