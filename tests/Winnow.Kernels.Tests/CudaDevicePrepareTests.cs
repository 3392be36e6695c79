using System;
using System.Collections.Generic;
using System.Threading;
using NUnit.Framework;
using Winnow.Gpu;
using Winnow.Kernels.Reduction;
using Winnow.Simulator;
using Winnow.TestSupport;

namespace Winnow.Kernels.Tests;

/// <summary>Getting kernels ready: what would be issued is gone through, and nothing of it done.</summary>
internal sealed class CudaDevicePrepareTests
{
    private const int Columns = 64;

    [Test]
    public void Prepare_DoesNothingThatTheActionIssues()
    {
        using CudaDevice device = TestDevices.Simulator();
        Tensor values = device.AllocateTensor(DType.F32, new Shape(2, Columns));
        using DeviceBuffer memory = values.Buffer;
        using HostBuffer host = device.AllocateHost(values.Bytes);
        host.Values<float>(0, 2 * Columns).Fill(3);
        device.Fill(values, 0);

        device.Prepare(() =>
        {
            device.CopyIn(values, host, 0);
            device.Fill(values, 1);
            device.Reduction.Map(values, ElementOp.Multiply, values, b: 2);
            device.CopyOut(host, 0, values);
        });
        float[] after = new float[2 * Columns];
        device.Download(values, after.AsSpan());

        Assert.That(after, Is.All.Zero);
        Assert.That(host.Values<float>(0, 2 * Columns).ToArray(), Is.All.EqualTo(3));
    }

    [Test]
    public void Prepare_CompilesEachMissingKernelOnce()
    {
        NvrtcSupport.Require();
        var compiler = new KernelCompiler(cacheFolder: null);
        using var device = new CudaDevice(new PtxSimulator(), compiler, ownsDriver: true);
        Tensor values = device.AllocateTensor(DType.F32, new Shape(2, Columns));
        using DeviceBuffer memory = values.Buffer;
        device.Fill(values, 0);
        var progress = new Counting();

        device.Prepare(Issue, progress);
        device.Prepare(Issue, progress);

        Assert.That(progress.Reports, Is.EquivalentTo(new[] { new KernelProgress(1, 2), new KernelProgress(2, 2) }));
        Issue();
        float[] after = new float[2 * Columns];
        device.Download(values, after.AsSpan());
        Assert.That(after, Is.All.EqualTo(1f / Columns).Within(1e-7));

        void Issue()
        {
            device.Reduction.Map(values, ElementOp.Multiply, values, b: 2);
            device.Reduction.SoftmaxRows(values, values);
            device.Reduction.Map(values, ElementOp.Multiply, values, b: 1);
        }
    }

    [Test]
    public void Prepare_ThatFailsOrIsCancelledLeavesTheDeviceUsable()
    {
        using CudaDevice device = TestDevices.Simulator();
        Tensor values = device.AllocateTensor(DType.F32, new Shape(2, Columns));
        using DeviceBuffer memory = values.Buffer;

        Assert.Throws<InvalidOperationException>(() => device.Prepare(() => throw new InvalidOperationException()));
        Assert.Catch<OperationCanceledException>(() => device.Prepare(() => device.Reduction.SoftmaxRows(values, values), null, new CancellationToken(true)));

        device.Fill(values, 0);
        device.Reduction.SoftmaxRows(values, values);
        float[] after = new float[2 * Columns];
        device.Download(values, after.AsSpan());
        Assert.That(after, Is.All.EqualTo(1f / Columns).Within(1e-7));
    }

    private sealed class Counting : IProgress<KernelProgress>
    {
        private readonly Lock _lock = new();

        public List<KernelProgress> Reports { get; } = [];

        public void Report(KernelProgress value)
        {
            lock (_lock)
            {
                Reports.Add(value);
            }
        }
    }
}
