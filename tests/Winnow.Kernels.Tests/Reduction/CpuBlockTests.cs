using NUnit.Framework;

namespace Winnow.Kernels.Tests.Reduction;

/// <summary>The operations on blocks, on the processor.</summary>
public sealed class CpuBlockTests
{
    [TestCase(1, 0, 0)]
    [TestCase(3, 0, 0)]
    [TestCase(4, 0, 0)]
    [TestCase(5, 1, 1)]
    [TestCase(13, 4, 4)]
    [TestCase(50, 3, 1)]
    public void PredictBlocks_AgreesWithDoublePrecision(int blocks, int first, int last)
    {
        using var device = new CpuDevice(2);
        BlockCases.Predicts(device, blocks, first, last);
    }

    [Test]
    public void PredictBlocks_GivesABlockTheSameBitsAnywhere()
    {
        using var device = new CpuDevice(2);
        BlockCases.PredictsTheSameAnywhere(device);
    }

    [Test]
    public void ExpandBlocks_ListsEntriesInOrder([Values(1, 16)] int width, [Values(0, 5, 64)] int last, [Values(3, 200)] int capacity)
    {
        using var device = new CpuDevice(1);
        BlockCases.Expands(device, width, last, capacity);
    }

    [Test]
    public void Operations_AreTheSameForAnyNumberOfThreads([Values(2, 3)] int threads)
    {
        using var one = new CpuDevice(1);
        using var many = new CpuDevice(threads);
        Assert.That(BlockCases.Results(many), Is.EqualTo(BlockCases.Results(one)));
    }

    [TestCaseSource(typeof(BlockCases), nameof(BlockCases.WrongOperands))]
    public void Operations_WrongOperandIsRefused(string broken)
    {
        using var device = new CpuDevice(1);
        BlockCases.Refuses(device, broken);
    }
}
