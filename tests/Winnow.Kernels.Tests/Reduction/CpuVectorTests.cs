using NUnit.Framework;

namespace Winnow.Kernels.Tests.Reduction;

/// <summary>The operations on rows of vectors, on the processor.</summary>
public sealed class CpuVectorTests
{
    [Test]
    public void MeanVectors_AgreesWithDoublePrecision([Values(1, 9, 300)] int entries, [Values(1, 8, 33, 64)] int dim)
    {
        using var device = new CpuDevice(2);
        VectorCases.Means(device, entries, dim);
    }

    [TestCase(1, 1, true, true)]
    [TestCase(33, 8, true, false)]
    [TestCase(9, 31, false, true)]
    [TestCase(65, 64, true, true)]
    [TestCase(17, 128, true, true)]
    [TestCase(5, 130, true, true)]
    [TestCase(3, 256, true, true)]
    public void QuadraticForms_AgreesWithDoublePrecision(int entries, int dim, bool hasMatrices, bool hasLinear)
    {
        using var device = new CpuDevice(2);
        VectorCases.Forms(device, entries, dim, hasMatrices, hasLinear);
    }

    [Test]
    public void AddOuterProducts_AgreesAndAddsInTokenOrder([Values(1, 3)] int heads, [Values(1, 8, 33)] int dim, [Values(1, 71)] int tokens)
    {
        using var device = new CpuDevice(2);
        VectorCases.Moments(device, heads, dim, tokens);
    }

    [Test]
    public void LagDeviation_AgreesWithDoublePrecision([Values(1, 3, 64, 256)] int dim, [Values(0, 4)] int sinks, [Values(1, 2, 16)] int lag)
    {
        using var device = new CpuDevice(2);
        VectorCases.Deviates(device, 70, dim, sinks, lag);
    }

    [Test]
    public void LagDeviation_ShortRowsHaveNone([Values(1, 5, 20, 35)] int entries)
    {
        using var device = new CpuDevice(2);
        VectorCases.Deviates(device, entries, 8, 4, 16);
    }

    [TestCaseSource(typeof(VectorCases), nameof(VectorCases.WrongOperands))]
    public void Operations_WrongOperandIsRefused(string broken)
    {
        using var device = new CpuDevice(1);
        VectorCases.Refuses(device, broken);
    }
}
