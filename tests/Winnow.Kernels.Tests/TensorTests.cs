using System;
using NUnit.Framework;

namespace Winnow.Kernels.Tests;

public sealed class TensorTests
{
    [Test]
    public void Rows_ViewsWithoutCopying()
    {
        using var device = new CpuDevice(1);
        Tensor matrix = device.AllocateTensor(DType.F32, new Shape(3, 2));
        device.Upload<float>(matrix, [1, 2, 3, 4, 5, 6]);
        float[] rows = new float[4];
        device.Download(matrix.Rows(1, 2), rows.AsSpan());
        Assert.That(rows, Is.EqualTo(new float[] { 3, 4, 5, 6 }));
        Assert.That(() => matrix.Rows(2, 2), Throws.TypeOf<ArgumentOutOfRangeException>());
        matrix.Buffer.Dispose();
    }

    [Test]
    public void Rows_OfInterleavedRowsCutNoGroup()
    {
        using var device = new CpuDevice(1);
        Tensor matrix = device.AllocateTensor(DType.Q4_0x16, new Shape(53, 64));
        Assert.That(matrix.Rows(16, 32).ByteOffset, Is.EqualTo(16 * 36));
        Assert.That(matrix.Rows(32, 21).Shape[0], Is.EqualTo(21), "the rest at the end");
        Assert.That(() => matrix.Rows(8, 16), Throws.ArgumentException.With.Message.Contains("cut a group"));
        Assert.That(() => matrix.Rows(16, 21), Throws.ArgumentException.With.Message.Contains("cut a group"));
        Assert.That(() => matrix.Reshape(new Shape(64, 53)), Throws.ArgumentException.With.Message.Contains("interleaved"));
        matrix.Buffer.Dispose();
    }

    [Test]
    public void Constructor_RefusesViewsPastTheBuffer()
    {
        using var device = new CpuDevice(1);
        using DeviceBuffer buffer = device.Allocate(64);
        Assert.That(() => new Tensor(buffer, 4, DType.F32, new Shape(16)), Throws.ArgumentException);
        Assert.That(() => new Tensor(buffer, 0, DType.Q8_0, new Shape(2, 16)), Throws.ArgumentException, "half a block");
        Assert.That(new Tensor(buffer, 0, DType.Q8_0, new Shape(1, 32)).Bytes, Is.EqualTo(34));
    }

    [Test]
    public void Dispose_TwiceIsHarmlessAndGivesMemoryBack()
    {
        using var device = new CpuDevice(1);
        DeviceBuffer buffer = device.Allocate(1000);
        Assert.That((long)buffer.Address % 64, Is.Zero);
        Assert.That(device.AllocatedBytes, Is.EqualTo(1000));
        buffer.Dispose();
        buffer.Dispose();
        Assert.That(device.AllocatedBytes, Is.Zero);
        Assert.That(() => buffer.Address, Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void Allocate_MoreThanTheMachineHasSaysSo()
    {
        using var device = new CpuDevice(1);
        OutOfDeviceMemoryException error = Assert.Throws<OutOfDeviceMemoryException>(() => device.Allocate(1L << 46))!;
        Assert.That(error.RequestedBytes, Is.EqualTo(1L << 46));
        Assert.That(error.FreeBytes, Is.GreaterThan(0).And.LessThan(1L << 46));
    }
}
