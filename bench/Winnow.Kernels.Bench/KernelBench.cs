using System;
using System.Collections.Generic;
using System.Linq;
using BenchmarkDotNet.Attributes;

namespace Winnow.Kernels.Bench;

/// <summary>What the benchmarks of all families share: a device of so many threads, and tensors that are freed at the end.</summary>
public abstract class KernelBench : ICosted
{
    private readonly List<DeviceBuffer> _buffers = [];
    private readonly Random _random = new(1);

    [Params(1, 2)]
    public int Threads { get; set; }

    /// <inheritdoc/>
    public abstract Cost Cost { get; }

    protected CpuDevice Device { get; private set; } = null!;

    [GlobalSetup]
    public void SetUp()
    {
        Device = new CpuDevice(Threads);
        Allocate();
    }

    [GlobalCleanup]
    public void CleanUp()
    {
        foreach (DeviceBuffer buffer in _buffers)
        {
            buffer.Dispose();
        }

        Device.Dispose();
    }

    /// <summary>Makes the operands.</summary>
    protected abstract void Allocate();

    /// <summary>A tensor that <see cref="CleanUp"/> frees; contents undefined.</summary>
    protected Tensor New(DType type, Shape shape)
    {
        Tensor tensor = Device.AllocateTensor(type, shape);
        _buffers.Add(tensor.Buffer);
        return tensor;
    }

    /// <summary>F32 values between -1 and 1.</summary>
    protected Tensor Random(Shape shape)
    {
        Tensor tensor = New(DType.F32, shape);
        float[] values = new float[shape.ElementCount];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)((2 * _random.NextDouble()) - 1);
        }

        Device.Upload<float>(tensor, values);
        return tensor;
    }

    /// <summary>I32 values first, first + 1, ...</summary>
    protected Tensor Range(int first, int count) => Integers([.. Enumerable.Range(first, count)]);

    /// <summary>I32 values.</summary>
    protected Tensor Integers(params int[] values)
    {
        Tensor tensor = New(DType.I32, new Shape(values.Length));
        Device.Upload<int>(tensor, values);
        return tensor;
    }
}
