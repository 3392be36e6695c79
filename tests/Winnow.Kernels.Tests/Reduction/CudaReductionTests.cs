using System;
using System.Linq;
using NUnit.Framework;
using Winnow.Kernels.Reduction;

namespace Winnow.Kernels.Tests.Reduction;

/// <summary>The kernels of the family, as they ship, on the simulator.</summary>
public sealed class CudaReductionTests
{
    private CudaDevice _device = null!;

    [OneTimeSetUp]
    public void Open() => _device = TestDevices.Simulator();

    [OneTimeTearDown]
    public void Free() => _device?.Dispose();

    [Test]
    public void MovingRows_CopiesBitForBit([Values(1, 255, 257, 1025)] int columns) => ReductionCases.MovesRows(_device, columns, count: 5);

    [Test]
    public void GatherRows_IndexOutsideTheInputGivesNaN()
    {
        using var tensors = new TestTensors(_device);
        Tensor output = tensors.Of(new float[6], 3, 2);
        _device.Reduction.GatherRows(output, tensors.Of([1f, 2f, 3f, 4f], 2, 2), tensors.Of([-1, 1, 2]));
        Assert.That(tensors.Floats(output), Is.EqualTo(new[] { float.NaN, float.NaN, 3f, 4f, float.NaN, float.NaN }));
    }

    [Test]
    public void AddRowSums_AgreesAndAddsInRowOrder([Values(1, 255, 257)] int columns) => ReductionCases.RowSums(_device, columns, rows: 41);

    [Test]
    public void AddRowSums_OfManyRowsAgreesAndAddsInRowOrder([Values(63, 64, 257, 700)] int rows) => ReductionCases.RowSums(_device, columns: 33, rows);

    [Test]
    public void NormalizeRows_AgreesWithDoublePrecision([Values(1, 255, 257, 521)] int columns, [Values(1e-30, 1e30)] double scale) =>
        ReductionCases.Normalizes(_device, columns, scale);

    [Test]
    public void SelectTop_IsWhatSortingGives([Values(1, 2, 31, 33, 511, 513, 1201, 4097, 8193, 13_000)] int entries) =>
        ReductionCases.Selects(_device, entries, rows: 6);

    [Test]
    public void SelectTop_EndsStayWhateverTheyScore([Values(1, 33, 700)] int entries) => ReductionCases.SelectionKeepsEnds(_device, entries);

    [Test]
    public void SelectTop_ResultOverCapacityIsCutAndCounted() => ReductionCases.SelectionOverCapacity(_device);

    [TestCase(1, 1, 1)]
    [TestCase(3, 65, 31)]
    [TestCase(64, 2, 33)]
    [TestCase(70, 130, 97)]
    [TestCase(33, 64, 321)]
    public void CosineSimilarity_AgreesWithDoublePrecision(int leftRows, int rightRows, int columns) =>
        ReductionCases.Similarity(_device, leftRows, rightRows, columns);

    [Test]
    public void MergeRows_SumsInRowOrder([Values(300, 2100)] int rows, [Values(1, 257, 1025)] int columns) => ReductionCases.Merges(_device, rows, destinations: 5, columns);

    // What the cases find is exact, whether indices, copies or sums in row order; the other sums are compared bit by bit.
    [Test]
    public void Operations_HaveTheSameBitsUnderEverySchedule() => Schedules.AssertEqualBits(device =>
    {
        ReductionCases.MovesRows(device, columns: 257, count: 5);
        ReductionCases.Selects(device, entries: 515, rows: 3);
        ReductionCases.Merges(device, rows: 300, destinations: 3, columns: 5);
        using var tensors = new TestTensors(device);
        Tensor rows = tensors.Of(TestTensors.Random(new Random(1), 41 * 300), 41, 300);
        Tensor cosines = tensors.Of(new float[41 * 41], 41, 41);
        Tensor sums = tensors.Of(new float[300]);
        device.Reduction.CosineSimilarity(cosines, rows, rows);
        device.Reduction.AddRowSums(sums, rows);
        device.Reduction.NormalizeRows(rows);
        return [.. tensors.Bytes(cosines), .. tensors.Bytes(sums), .. tensors.Bytes(rows)];
    });

    [Test]
    public void Operations_AllocateNothingOnceWarm()
    {
        using var silent = new SilentDevice();
        CudaDevice device = silent.Device;
        using var tensors = new TestTensors(device);
        Tensor rows = tensors.Of(new float[12], 4, 3);
        Tensor output = tensors.Of(new float[12], 4, 3);
        Tensor cosines = tensors.Of(new float[16], 4, 4);
        Tensor sums = tensors.Of(new float[3]);
        Tensor indices = tensors.Of([0, 1, 2, 3]);
        Tensor weights = tensors.Of(new float[4]);
        Tensor selected = tensors.Of(new int[8], 4, 2);
        void Step()
        {
            device.Reduction.GatherRows(output, rows, indices);
            device.Reduction.ScatterRows(output, rows, indices);
            device.Reduction.AddRowSums(sums, rows);
            device.Reduction.NormalizeRows(rows);
            device.Reduction.SelectTop(selected, indices, rows, indices);
            device.Reduction.CosineSimilarity(cosines, rows, output);
            device.Reduction.MergeRows(output, rows, indices, weights);
        }

        silent.AssertAllocatesNothing(Step, launches: 8);
    }

    [TestCaseSource(typeof(ReductionCases), nameof(ReductionCases.WrongOperands))]
    public void Operations_WrongOperandIsRefusedBeforeALaunch(string broken) =>
        SilentDevice.AssertNoLaunch(device => ReductionCases.RefusesWrongOperand(device, broken));

    [Test]
    public void Operations_WithoutRowsLaunchNothing() => SilentDevice.AssertNoLaunch(device =>
    {
        using var tensors = new TestTensors(device);
        Tensor rows = tensors.Of(new float[6], 2, 3).Rows(0, 0);
        Tensor none = tensors.Of(new int[1]).Rows(0, 0);
        device.Reduction.GatherRows(rows, tensors.Of(new float[6], 2, 3), none);
        device.Reduction.NormalizeRows(rows);
        device.Reduction.MergeRows(rows, rows, none, tensors.Of(new float[1]).Rows(0, 0));
    });

    [Test]
    public void Shipped_NamesEveryKernelOnce() =>
        Assert.That(CudaReduction.Shipped().Select(variant => variant.Entry).Distinct().Count(), Is.EqualTo(20));
}
