using System;
using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;

namespace Winnow.Kernels.Tests;

/// <summary>Tensors for a test, with guard values after each one; disposing checks the guards and frees them.</summary>
internal sealed class TestTensors(ComputeDevice device) : IDisposable
{
    private const int GuardBytes = 256;

    // NaN as any float type, and no index: what reads it shows it.
    private const byte GuardByte = 0xFF;

    private readonly List<Tensor> _owned = [];

    public ComputeDevice Device { get; } = device;

    public Tensor Of(float[] values, params long[] dimensions) => Of<float>(DType.F32, values, dimensions);

    public Tensor Of(int[] values, params long[] dimensions) => Of<int>(DType.I32, values, dimensions);

    public Tensor Of<T>(DType type, T[] values, params long[] dimensions)
        where T : unmanaged
    {
        Shape shape = dimensions.Length switch
        {
            0 => new Shape(values.Length),
            1 => new Shape(dimensions[0]),
            2 => new Shape(dimensions[0], dimensions[1]),
            3 => new Shape(dimensions[0], dimensions[1], dimensions[2]),
            _ => new Shape(dimensions[0], dimensions[1], dimensions[2], dimensions[3]),
        };
        DeviceBuffer buffer = Device.Allocate(type.BytesOf(shape.ElementCount) + GuardBytes);
        Tensor tensor = new(buffer, 0, type, shape);
        Device.Upload<T>(tensor, values);
        Device.Fill(GuardOf(tensor), GuardByte);
        _owned.Add(tensor);
        return tensor;
    }

    public float[] Floats(Tensor tensor) => Read<float>(tensor, tensor.Shape.ElementCount);

    public int[] Ints(Tensor tensor) => Read<int>(tensor, tensor.Shape.ElementCount);

    public byte[] Bytes(Tensor tensor) => Read<byte>(tensor, tensor.Bytes);

    public void Dispose()
    {
        foreach (Tensor tensor in _owned)
        {
            byte[] guard = Bytes(GuardOf(tensor));
            tensor.Buffer.Dispose();
            Assert.That(guard, Is.All.EqualTo(GuardByte), "something was written past the end of a tensor");
        }
    }

    public static float[] Random(Random random, long count, double scale = 2) =>
        [.. Enumerable.Range(0, (int)count).Select(_ => (float)(((random.NextDouble() * 2) - 1) * scale))];

    private T[] Read<T>(Tensor tensor, long count)
        where T : unmanaged
    {
        T[] values = new T[count];
        Device.Download(tensor, values.AsSpan());
        return values;
    }

    private static Tensor GuardOf(Tensor tensor) => new(tensor.Buffer, tensor.Bytes, DType.U8, new Shape(GuardBytes));
}
