using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using NUnit.Framework;
using Winnow.Kernels.Linear;
using Winnow.Kernels.Linear.Cpu;

namespace Winnow.Kernels.Tests.Linear;

/// <summary>A device, products in a vector width and with a number of threads of choice, and memory with guards around it.</summary>
internal sealed class LinearFixture : IDisposable
{
    private const int GuardFloats = 16;
    private const float Guard = -7.25e11f;
    private readonly WorkerPool? _workers;
    private readonly List<DeviceBuffer> _buffers = [];

    public LinearFixture(int? vectorBits = null, int threads = 1, ByteLevel? level = null)
    {
        _workers = new WorkerPool(threads);
        Device = new CpuDevice(1);
        Linear = new CpuLinear(_workers, vectorBits, level);
    }

    private LinearFixture(CudaDevice device, int? split, int? tile, int? hopperTile = null, bool isStaged = false)
    {
        Device = device;
        Linear = new CudaLinear(device.Context, split, tile, hopperTile, isStaged);
    }

    public static int[] Widths { get; } =
    [
        .. new[] { 512, 256, 128 }.Where(bits => bits == 128 || (bits == 256 ? Lanes256.IsSupported : Lanes512.IsSupported)),
    ];

    public ComputeDevice Device { get; }

    public ILinear Linear { get; }

    /// <summary>Products on a device with kernels, one of its own or a given one, with a split and a tile of choice.</summary>
    public static LinearFixture Cuda(int? split = null, int? tile = null, CudaDevice? device = null) => new(device ?? TestDevices.Simulator(), split, tile);

    /// <summary>Products on Hopper, with a tile of its kernel of choice, staged or not; 0 for the kernels of all devices. With a split few rows have the kernel that has one.</summary>
    public static LinearFixture Hopper(int? tile = null, CudaDevice? device = null, bool isStaged = false, int? split = null) =>
        new(device ?? TestDevices.Simulator(architecture: "compute_90a"), split, null, tile, isStaged);

    public static float[] Values(Random random, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => (float)((2 * random.NextDouble()) - 1))];

    public Tensor Weights(DType type, int outputs, int inputs, byte[] bytes)
    {
        var tensor = new Tensor(Keep(type.BytesOf((long)outputs * inputs)), 0, type, new Shape(outputs, inputs));
        Device.Upload<byte>(tensor, bytes.AsSpan(0, (int)tensor.Bytes));
        return tensor;
    }

    public Tensor Floats(Shape shape, ReadOnlySpan<float> values)
    {
        var tensor = new Tensor(Keep(shape.ElementCount * 4), 0, DType.F32, shape);
        Device.Upload(tensor, values[..(int)shape.ElementCount]);
        return tensor;
    }

    /// <summary>A tensor with NaN in front of it and behind it.</summary>
    public Tensor Amid(DType type, int rows, int columns, ReadOnlySpan<byte> bytes)
    {
        const int Margin = 512;
        byte[] all = new byte[bytes.Length + (2 * Margin)];
        Array.Fill(all, (byte)0xFF);
        bytes.CopyTo(all.AsSpan(Margin));
        Tensor buffer = Weights(DType.U8, 1, all.Length, all);
        return new Tensor(buffer.Buffer, Margin, type, new Shape(rows, columns));
    }

    /// <summary>An output full of NaN with guards on both sides.</summary>
    public Tensor Output(int rows, int outputs)
    {
        DeviceBuffer buffer = Keep((((long)rows * outputs) + (2 * GuardFloats)) * 4);
        var all = new Tensor(buffer, 0, DType.F32, new Shape(buffer.Bytes / 4));
        float[] content = new float[buffer.Bytes / 4];
        Array.Fill(content, float.NaN);
        content.AsSpan(0, GuardFloats).Fill(Guard);
        content.AsSpan(content.Length - GuardFloats).Fill(Guard);
        Device.Upload<float>(all, content);
        return new Tensor(buffer, GuardFloats * 4, DType.F32, new Shape(rows, outputs));
    }

    /// <summary>The values of an output; fails where a guard was overwritten.</summary>
    public float[] Read(Tensor output)
    {
        float[] all = new float[output.Buffer.Bytes / 4];
        Device.Download(new Tensor(output.Buffer, 0, DType.F32, new Shape(all.Length)), all.AsSpan());
        Assert.That(all[..GuardFloats], Is.All.EqualTo(Guard), "memory before the output was overwritten");
        Assert.That(all[^GuardFloats..], Is.All.EqualTo(Guard), "memory after the output was overwritten");
        return all[GuardFloats..^GuardFloats];
    }

    /// <summary>Rows times weights, all of the first <paramref name="rows"/> and <paramref name="outputs"/>.</summary>
    public float[] Project(DType type, byte[] weight, float[] x, int rows, int inputs, int outputs)
    {
        Tensor output = Output(rows, outputs);
        Linear.Project(
            Floats(new Shape(rows, inputs), x),
            new Projection { Output = output, Weight = Weights(type, outputs, inputs, weight) });
        return Read(output);
    }

    public static int[] Bits(ReadOnlySpan<float> values) => MemoryMarshal.Cast<float, int>(values).ToArray();

    public void Dispose()
    {
        (Linear as IDisposable)?.Dispose();
        _workers?.Dispose();
        foreach (DeviceBuffer buffer in _buffers)
        {
            buffer.Dispose();
        }

        Device.Dispose();
    }

    private DeviceBuffer Keep(long bytes)
    {
        DeviceBuffer buffer = Device.Allocate(bytes);
        _buffers.Add(buffer);
        return buffer;
    }
}
