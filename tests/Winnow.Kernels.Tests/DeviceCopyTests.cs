using System;
using System.Linq;
using NUnit.Framework;

namespace Winnow.Kernels.Tests;

internal sealed class DeviceCopyTests
{
    [Test]
    public void Copy_BringsEveryByteAndNoMore([Values] bool isCuda, [Values(1, 64, 4099)] int count)
    {
        using ComputeDevice device = isCuda ? TestDevices.Simulator() : new CpuDevice(1);
        Tensor bytes = device.AllocateTensor(DType.U8, new Shape(3L * count));
        using DeviceBuffer buffer = bytes.Buffer;
        byte[] values = [.. Enumerable.Range(0, 3 * count).Select(i => (byte)(i * 7))];
        device.Upload<byte>(bytes, values);

        device.Copy(bytes.Rows(count, count), bytes.Rows(2 * count, count));

        byte[] copied = new byte[values.Length];
        device.Download<byte>(bytes, copied);
        values.AsSpan(2 * count).CopyTo(values.AsSpan(count));
        Assert.That(copied, Is.EqualTo(values));
    }

    [Test]
    public void Copy_OfAnotherSizeIsRefused()
    {
        using var device = new CpuDevice(1);
        Tensor bytes = device.AllocateTensor(DType.U8, new Shape(8));
        using DeviceBuffer buffer = bytes.Buffer;

        Assert.That(() => device.Copy(bytes.Rows(0, 3), bytes.Rows(4, 4)), Throws.ArgumentException.With.Message.Contains("3 bytes cannot take 4"));
    }
}
