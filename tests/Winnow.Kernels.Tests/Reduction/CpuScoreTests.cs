using NUnit.Framework;

namespace Winnow.Kernels.Tests.Reduction;

/// <summary>Weights, ranks and magnitudes of rows, on the processor.</summary>
public sealed class CpuScoreTests
{
    [Test]
    public void SoftmaxRows_AgreesWithDoublePrecision([Values(1, 9, 4099)] int entries, [Values(0, 4)] int start, [Values(0, 128)] int segment)
    {
        using var device = new CpuDevice(2);
        ScoreCases.Weighs(device, entries, start, segment);
    }

    [Test]
    public void SoftmaxRows_NoNumberSpoilsItsSegment()
    {
        using var device = new CpuDevice(2);
        ScoreCases.WeighsNoNumber(device);
    }

    [Test]
    public void SoftmaxRows_RowAloneHasTheSameBits()
    {
        using var device = new CpuDevice(2);
        ScoreCases.WeighsRowsAlike(device);
    }

    [Test]
    public void AbsoluteSums_AgreesWithDoublePrecision([Values(1, 9)] int rows, [Values(1, 7, 8, 33, 1031)] int columns)
    {
        using var device = new CpuDevice(2);
        ScoreCases.SumsMagnitudes(device, rows, columns);
    }

    [Test]
    public void RankRows_IsWhatComparingAllPairsGives([Values(1, 2, 31, 1025)] int entries, [Values(0, 4)] int start, [Values(0, 128)] int segment)
    {
        using var device = new CpuDevice(2);
        ScoreCases.Ranks(device, entries, start, segment);
    }

    [TestCaseSource(typeof(ScoreCases), nameof(ScoreCases.WrongOperands))]
    public void Operations_WrongOperandIsRefused(string broken)
    {
        using var device = new CpuDevice(1);
        ScoreCases.Refuses(device, broken);
    }
}
