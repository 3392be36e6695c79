using NUnit.Framework;

namespace Winnow.Kernels.Tests.Reduction;

/// <summary>The kernels of weights, ranks and magnitudes of rows, as they ship, on the simulator.</summary>
public sealed class CudaScoreTests
{
    private CudaDevice _device = null!;

    [OneTimeSetUp]
    public void Open() => _device = TestDevices.Simulator();

    [OneTimeTearDown]
    public void Free() => _device?.Dispose();

    [Test]
    public void SoftmaxRows_AgreesWithDoublePrecision([Values(1, 9, 515, 4101)] int entries, [Values(0, 4)] int start, [Values(0, 128)] int segment) =>
        ScoreCases.Weighs(_device, entries, start, segment);

    [Test]
    public void SoftmaxRows_NoNumberSpoilsItsSegment() =>
        ScoreCases.WeighsNoNumber(_device);

    [Test]
    public void SoftmaxRows_RowAloneHasTheSameBits() =>
        ScoreCases.WeighsRowsAlike(_device);

    [Test]
    public void AbsoluteSums_AgreesWithDoublePrecision([Values(1, 9)] int rows, [Values(1, 7, 8, 33, 1031)] int columns) =>
        ScoreCases.SumsMagnitudes(_device, rows, columns);

    [Test]
    public void RankRows_IsWhatComparingAllPairsGives([Values(1, 2, 31, 1025)] int entries, [Values(0, 4)] int start, [Values(0, 128)] int segment) =>
        ScoreCases.Ranks(_device, entries, start, segment);

    [Test]
    public void RankRows_SegmentsOfSeveralPiecesAreComparedAsAWhole([Values(2600, 4200)] int entries, [Values(0, 1300)] int segment) =>
        ScoreCases.Ranks(_device, entries, 3, segment);

    [TestCaseSource(typeof(ScoreCases), nameof(ScoreCases.WrongOperands))]
    public void Operations_WrongOperandIsRefusedBeforeALaunch(string broken) =>
        SilentDevice.AssertNoLaunch(device => ScoreCases.Refuses(device, broken));
}
