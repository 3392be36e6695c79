using System;
using System.Linq;
using NUnit.Framework;
using Winnow.Kernels.Norm;
using Winnow.Kernels.Tests.Cache;
using Winnow.Simulator;
using Winnow.TestSupport;

namespace Winnow.Kernels.Tests.Norm;

/// <summary>These operations are bound by memory, so what they read and write is what they cost: counted by the simulator.</summary>
public sealed class CudaTrafficTests
{
    private const int Rows = 4;
    private const int Columns = 4096;
    private const int HeadDim = 128;
    private const long MatrixBytes = Rows * Columns * sizeof(float);

    [Test]
    public void RmsNorm_ReadsTheRowsOnceInWholeSectors()
    {
        KernelProfile profile = Run((device, tensors) =>
        {
            Tensor x = tensors.Of(new float[Rows * Columns], Rows, Columns);
            device.Norm.RmsNorm(x, x, tensors.Of(new float[Columns]), 1e-5f);
        });
        Assert.That((profile.GlobalLoads.Bytes, profile.GlobalStores.Bytes), Is.EqualTo((2 * MatrixBytes, MatrixBytes)));
        Assert.That((profile.GlobalLoads.Coalescing, profile.GlobalStores.Coalescing), Is.EqualTo((1.0, 1.0)));
        Assert.That(profile.Shared.Conflicts, Is.Zero);
    }

    [Test]
    public void AddThenRmsNorm_MovesEachOfFourMatricesOnce()
    {
        KernelProfile profile = Run((device, tensors) =>
        {
            Tensor x = tensors.Of(new float[Rows * Columns], Rows, Columns);
            Tensor residual = tensors.Of(new float[Rows * Columns], Rows, Columns);
            device.Norm.AddThenRmsNorm(x, residual, x, tensors.Of(new float[Columns]), 1e-5f);
        });
        Assert.That((profile.GlobalLoads.Bytes, profile.GlobalStores.Bytes), Is.EqualTo((3 * MatrixBytes, 2 * MatrixBytes)));
        Assert.That((profile.GlobalLoads.Coalescing, profile.GlobalStores.Coalescing), Is.EqualTo((1.0, 1.0)));
    }

    [Test]
    public void Rope_WritesWholeSectorsInBothLayouts([Values] RopeLayout layout)
    {
        KernelProfile profile = Run((device, tensors) =>
        {
            Tensor x = tensors.Of(new float[Rows * Columns], Rows, Columns);
            Tensor table = tensors.Of(new float[Rows * HeadDim], Rows, HeadDim / 2, 2);
            device.Norm.Rope(x, HeadDim, table, layout);
        });

        // Every head reads its token's part of the table.
        Assert.That((profile.GlobalLoads.Bytes, profile.GlobalStores.Bytes), Is.EqualTo((2 * MatrixBytes, MatrixBytes)));
        Assert.That(profile.GlobalStores.Coalescing, Is.EqualTo(1.0));
    }

    [Test]
    public void AppendRotated_WritesQueriesAndSlotsOnce([Values] RopeLayout layout)
    {
        const int KvHeads = 2;
        KernelProfile profile = Run((device, tensors) =>
        {
            using var rig = new CacheRig(device, DType.BF16, 1, HeadDim, [3, 14]);
            Tensor queries = tensors.Of(new float[Rows * Columns], Rows, Columns);
            Tensor keys = tensors.Of(new float[Rows * KvHeads * HeadDim]);
            var rotation = new Rotation { Table = tensors.Of(new float[Rows * HeadDim], Rows, HeadDim / 2, 2), Layout = layout };
            device.Cache.AppendRotated(rig.Cache, rig.Batch([0], [0, Rows], [3, 4, 5, 6]), 1, queries, keys, keys, rotation);
        });
        const int Slots = Rows * KvHeads;
        const long SlotBytes = 2 * HeadDim * 2;
        const long Words = (Slots * (1 + CacheRig.Planes)) + KvHeads + 1;
        Assert.That(profile.GlobalStores.Bytes, Is.EqualTo(MatrixBytes + (Slots * SlotBytes) + (Words * sizeof(int))));

        // Positions, attributes, counts and the ticket each touch a sector for a word or two.
        Assert.That(profile.GlobalStores.Sectors * 32, Is.AtMost(MatrixBytes + (Slots * SlotBytes) + (Words * 32)));
    }

    [Test]
    public void CopyPages_WritesWholeSectors()
    {
        KernelProfile profile = Run((device, tensors) =>
        {
            using var rig = new CacheRig(device, DType.F16, 1, HeadDim, [40]);
            device.Cache.CopyPages(rig.Cache, rig.Tensors.Of([0, 1]), rig.Tensors.Of([3, 4]));
        });
        const long PageBytes = 16 * ((2 * HeadDim * 2) + ((1 + CacheRig.Planes) * sizeof(int)));
        Assert.That(profile.GlobalStores.Bytes, Is.EqualTo(2 * PageBytes));
        Assert.That(profile.GlobalStores.Coalescing, Is.EqualTo(1.0));
    }

    private static KernelProfile Run(Action<ComputeDevice, TestTensors> issue)
    {
        NvrtcSupport.Require();
        var simulator = new PtxSimulator(new PtxSimulatorOptions { Profiles = true });
        using var device = new CudaDevice(simulator, ownsDriver: true);
        using var tensors = new TestTensors(device);
        issue(device, tensors);
        return simulator.TakeProfiles().Single();
    }
}
