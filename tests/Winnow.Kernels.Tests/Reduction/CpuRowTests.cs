using NUnit.Framework;
using Winnow.Kernels.Reduction;

namespace Winnow.Kernels.Tests.Reduction;

/// <summary>The operations on rows of scores, on the processor.</summary>
public sealed class CpuRowTests
{
    [Test]
    public void Map_FollowsItsFormula([Values] ElementOp op, [Values(1, 3)] int threads)
    {
        using var device = new CpuDevice(threads);
        MapCases.Follows(device, op);
    }

    [Test]
    public void Map_ComposesTheRecurrenceScore()
    {
        using var device = new CpuDevice(1);
        MapCases.ComposesTheRecurrenceScore(device);
    }

    [Test]
    public void PoolRows_AgreesWithDoublePrecision([Values] PoolKind kind, [Values(1, 5, 7, 2001)] int width, [Values(1, 2, 7, 1025)] int entries)
    {
        using var device = new CpuDevice(2);
        RowCases.Pools(device, kind, width, entries);
    }

    [Test]
    public void CombineGroups_AgreesWithDoublePrecision([Values] GroupKind kind, [Values(1, 2, 7)] int group, [Values(1, 7, 9, 4099)] int entries)
    {
        using var device = new CpuDevice(2);
        RowCases.Combines(device, kind, group, entries);
    }

    [Test]
    public void Maxima_KeepNaN()
    {
        using var device = new CpuDevice(1);
        RowCases.KeepsNaN(device);
    }

    [TestCaseSource(typeof(MapCases), nameof(MapCases.WrongOperands))]
    public void Map_WrongOperandIsRefused(string broken)
    {
        using var device = new CpuDevice(1);
        MapCases.Refuses(device, broken);
    }

    [TestCaseSource(typeof(RowCases), nameof(RowCases.WrongOperands))]
    public void Operations_WrongOperandIsRefused(string broken)
    {
        using var device = new CpuDevice(1);
        RowCases.Refuses(device, broken);
    }

    [Test]
    public void Operations_AllocateNothing()
    {
        using var device = new CpuDevice(2);
        using var rig = new RowRig(device, rows: 64, entries: 4096);
        Allocations.AssertNone(rig.Step);
    }
}
