using NUnit.Framework;

namespace Winnow.Kernels.Tests.Reduction;

/// <summary>The kernels of the operations on rows of vectors, as they ship, on the simulator.</summary>
public sealed class CudaVectorTests
{
    private CudaDevice _device = null!;

    [OneTimeSetUp]
    public void Open() => _device = TestDevices.Simulator();

    [OneTimeTearDown]
    public void Free() => _device?.Dispose();

    [Test]
    public void MeanVectors_AgreesWithDoublePrecision([Values(1, 9, 70)] int entries, [Values(1, 8, 33, 64)] int dim) =>
        VectorCases.Means(_device, entries, dim);

    [Test]
    public void MeanVectors_OfManyAgreesWithDoublePrecision([Values(1023, 1100)] int entries) => VectorCases.Means(_device, entries, dim: 11);

    [TestCase(1, 1, true, true)]
    [TestCase(33, 8, true, false)]
    [TestCase(9, 31, false, true)]
    [TestCase(65, 64, true, true)]
    [TestCase(17, 128, true, true)]
    [TestCase(5, 130, true, true)]
    [TestCase(3, 256, true, true)]
    [TestCase(150, 128, true, true)]
    [TestCase(40, 192, true, true)]
    [TestCase(70, 128, false, true)]
    [TestCase(35, 200, false, true)]
    public void QuadraticForms_AgreesWithDoublePrecision(int entries, int dim, bool hasMatrices, bool hasLinear) =>
        VectorCases.Forms(_device, entries, dim, hasMatrices, hasLinear);

    [Test]
    public void AddOuterProducts_AgreesAndAddsInTokenOrder([Values(1, 3)] int heads, [Values(1, 8, 33)] int dim, [Values(1, 71)] int tokens) =>
        VectorCases.Moments(_device, heads, dim, tokens);

    [TestCase(2, 64, 32)]
    [TestCase(1, 65, 65)]
    [TestCase(1, 132, 33)]
    public void AddOuterProducts_OfSeveralTilesAgreesAndAddsInTokenOrder(int heads, int dim, int tokens) =>
        VectorCases.Moments(_device, heads, dim, tokens);

    [Test]
    public void LagDeviation_AgreesWithDoublePrecision([Values(1, 3, 64, 256)] int dim, [Values(0, 4)] int sinks, [Values(1, 2, 16)] int lag) =>
        VectorCases.Deviates(_device, 70, dim, sinks, lag);

    [Test]
    public void LagDeviation_OfLongPartitionsAgreesWithDoublePrecision([Values(33, 96, 130)] int dim, [Values(63, 130)] int lag) =>
        VectorCases.Deviates(_device, (3 * lag) + 5, dim, sinks: 4, lag);

    [Test]
    public void LagDeviation_ShortRowsHaveNone([Values(1, 5, 20, 35)] int entries) =>
        VectorCases.Deviates(_device, entries, 8, 4, 16);

    [TestCaseSource(typeof(VectorCases), nameof(VectorCases.WrongOperands))]
    public void Operations_WrongOperandIsRefusedBeforeALaunch(string broken) =>
        SilentDevice.AssertNoLaunch(device => VectorCases.Refuses(device, broken));
}
