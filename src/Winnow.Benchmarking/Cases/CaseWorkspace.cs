using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using Winnow.Kernels;

namespace Winnow.Benchmarking.Cases;

/// <summary>Operands of a case; what is made as an input or an output counts as bytes that the operation must move.</summary>
/// <param name="device">The device.</param>
/// <param name="parts">Of how many equal parts of a case one is wanted.</param>
internal sealed class CaseWorkspace(ComputeDevice device, int parts = 1) : IDisposable
{
    // As 16-bit words of any type, floats, block scales and minima among them, such numbers are small and finite; signs and mantissas are random, as
    // they are in models: the same number everywhere takes less power and is quicker.
    private const uint SmallNumber = 0x2800;
    private const uint RandomBits = 0x83FF;
    private readonly List<Tensor> _owned = [];
    private uint _random = 1;

    /// <summary>The device.</summary>
    public ComputeDevice Device { get; } = device;

    /// <summary>Of how many equal parts of a case one is wanted; 1 for all of it.</summary>
    public int Parts { get; } = parts;

    /// <summary>Bytes of inputs.</summary>
    public long ReadBytes { get; private set; }

    /// <summary>Bytes of outputs.</summary>
    public long WrittenBytes { get; private set; }

    /// <summary>Counts bytes that are moved of tensors that are only partly used.</summary>
    public void Count(long readBytes, long writtenBytes) => (ReadBytes, WrittenBytes) = (ReadBytes + readBytes, WrittenBytes + writtenBytes);

    /// <summary>F32 values from -1 to 1 that are read.</summary>
    public Tensor Input(params ReadOnlySpan<long> shape) => Made(Next, shape);

    /// <summary>F32 values that lie as logits do, most of them far below the best: sums of three draws with a deviation of 3.</summary>
    public Tensor Logits(params ReadOnlySpan<long> shape) => Made(() => 3 * (Next() + Next() + Next()), shape);

    /// <summary>Small numbers of any type that are read: weights.</summary>
    public Tensor Weight(DType type, params ReadOnlySpan<long> shape)
    {
        Tensor tensor = Uncounted(type, shape);
        ReadBytes += tensor.Bytes;
        return tensor;
    }

    /// <summary>Integers that are read.</summary>
    public Tensor Integers(IEnumerable<int> values, params ReadOnlySpan<long> shape)
    {
        int[] all = [.. values];
        Tensor tensor = Uncounted(DType.I32, shape.Length == 0 ? [all.Length] : shape);
        Device.Upload<int>(tensor, all);
        ReadBytes += tensor.Bytes;
        return tensor;
    }

    /// <summary>One integer for each of so many entries.</summary>
    public Tensor Same(int value, int count) => Integers(Enumerable.Repeat(value, count));

    /// <summary>What is written.</summary>
    public Tensor Output(DType type, params ReadOnlySpan<long> shape)
    {
        Tensor tensor = Uncounted(type, shape);
        WrittenBytes += tensor.Bytes;
        return tensor;
    }

    /// <summary>F32 values that are written.</summary>
    public Tensor Output(params ReadOnlySpan<long> shape) => Output(DType.F32, shape);

    /// <summary>F32 values that are read and written.</summary>
    public Tensor Both(params ReadOnlySpan<long> shape)
    {
        Tensor tensor = Input(shape);
        WrittenBytes += tensor.Bytes;
        return tensor;
    }

    /// <summary>Memory of small numbers that counts nowhere.</summary>
    public Tensor Uncounted(DType type, params ReadOnlySpan<long> shape)
    {
        Tensor tensor = Device.AllocateTensor(type, shape.Length switch
        {
            1 => new Shape(shape[0]),
            2 => new Shape(shape[0], shape[1]),
            3 => new Shape(shape[0], shape[1], shape[2]),
            _ => new Shape(shape[0], shape[1], shape[2], shape[3]),
        });
        _owned.Add(tensor);
        ushort[] words = new ushort[(tensor.Bytes + 1) / sizeof(ushort)];
        foreach (ref ushort word in words.AsSpan())
        {
            word = (ushort)(SmallNumber | ((NextBits() >> 16) & RandomBits));
        }

        Device.Upload<byte>(tensor, MemoryMarshal.AsBytes(words.AsSpan())[..(int)tensor.Bytes]);
        return tensor;
    }

    /// <inheritdoc/>
    public void Dispose() => _owned.ForEach(tensor => tensor.Release());

    private Tensor Made(Func<float> value, ReadOnlySpan<long> shape)
    {
        Tensor tensor = Uncounted(DType.F32, shape);
        float[] values = new float[tensor.Shape.ElementCount];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = value();
        }

        Device.Upload<float>(tensor, values);
        ReadBytes += tensor.Bytes;
        return tensor;
    }

    /// <summary>A number from -1 to 1 by Numerical Recipes' generator: any bits will do, and these are quick.</summary>
    private float Next() => ((NextBits() >> 8) / (float)(1 << 23)) - 1;

    private uint NextBits() => _random = unchecked((_random * 1664525) + 1013904223);
}
