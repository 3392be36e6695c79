using NUnit.Framework;
using Winnow.Kernels.Reduction;

namespace Winnow.Kernels.Tests.Reduction;

/// <summary>The kernels of the operations on rows of scores, as they ship, on the simulator.</summary>
public sealed class CudaRowTests
{
    private CudaDevice _device = null!;

    [OneTimeSetUp]
    public void Open() => _device = TestDevices.Simulator();

    [OneTimeTearDown]
    public void Free() => _device?.Dispose();

    [Test]
    public void Map_FollowsItsFormula([Values] ElementOp op) => MapCases.Follows(_device, op);

    [Test]
    public void Map_ComposesTheRecurrenceScore() => MapCases.ComposesTheRecurrenceScore(_device);

    [Test]
    public void PoolRows_AgreesWithDoublePrecision([Values] PoolKind kind, [Values(1, 5, 51)] int width, [Values(1, 31, 1025)] int entries) =>
        RowCases.Pools(_device, kind, width, entries);

    [Test]
    public void CombineGroups_AgreesWithDoublePrecision([Values] GroupKind kind, [Values(1, 2, 7)] int group, [Values(1, 1025)] int entries) =>
        RowCases.Combines(_device, kind, group, entries);

    [Test]
    public void Maxima_KeepNaN() => RowCases.KeepsNaN(_device);

    [Test]
    public void Operations_HaveTheSameBitsUnderEverySchedule() => Schedules.AssertEqualBits(device =>
    {
        using var rig = new RowRig(device, rows: 4, entries: 300);
        rig.Step();
        return rig.Results();
    });

    [Test]
    public void Operations_RecordedOnceFollowOtherLengths()
    {
        using var rig = new RowRig(_device, rows: 4, entries: 40);
        using var other = new RowRig(_device, rows: 4, entries: 40);
        using DeviceRecording recording = _device.Record(rig.Step)!;
        foreach (int[] lengths in new int[][] { [40, 3, 0, 17], [2, 40, 40, 39] })
        {
            rig.SetLengths(lengths);
            other.SetLengths(lengths);
            recording.Launch();
            other.Step();
            Assert.That(rig.Results(), Is.EqualTo(other.Results()));
        }
    }

    [Test]
    public void Operations_AllocateNothingOnceWarm()
    {
        using var silent = new SilentDevice();
        using var rig = new RowRig(silent.Device, rows: 4, entries: 40);
        silent.AssertAllocatesNothing(rig.Step, RowRig.Operations);
    }

    [TestCaseSource(typeof(MapCases), nameof(MapCases.WrongOperands))]
    public void Map_WrongOperandIsRefusedBeforeALaunch(string broken) => SilentDevice.AssertNoLaunch(device => MapCases.Refuses(device, broken));

    [TestCaseSource(typeof(RowCases), nameof(RowCases.WrongOperands))]
    public void Operations_WrongOperandIsRefusedBeforeALaunch(string broken) =>
        SilentDevice.AssertNoLaunch(device => RowCases.Refuses(device, broken));

    [Test]
    public void Operations_WithoutRowsLaunchNothing() => SilentDevice.AssertNoLaunch(device =>
    {
        using var tensors = new TestTensors(device);
        Tensor none = tensors.Of(new float[6], 2, 3).Rows(0, 0), output = tensors.Of(new float[6], 2, 3).Rows(0, 0);
        device.Reduction.Map(output, ElementOp.Abs, none);
        device.Reduction.PoolRows(output, none, PoolKind.Max, 3);
        device.Reduction.CombineGroups(output, none, 2, GroupKind.Sum);
        device.Reduction.SoftmaxRows(output, none);
        device.Reduction.RankRows(output, none);
        Tensor vectors = tensors.Of(new float[6], 2, 3, 1).Rows(0, 0);
        device.Reduction.AbsoluteSums(tensors.Of(new float[1]).Rows(0, 0), none);
        device.Reduction.MeanVectors(tensors.Of(new float[1]).Rows(0, 0), vectors);
        device.Reduction.QuadraticForms(output, vectors, default, tensors.Of(new float[1]).Rows(0, 0), 1, 1);
        device.Reduction.AddOuterProducts(tensors.Of(new float[12], 3, 2, 2), tensors.Of(new float[6], 1, 6).Rows(0, 0));
        device.Reduction.LagDeviation(output, vectors, 0, 1);
    });
}
