using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Winnow.Kernels;
using Winnow.Kernels.Cache;
using Winnow.Kernels.Linear;

namespace Winnow.Evaluation;

/// <summary>
/// What a device reaches in two loads that engines are compared with, measured when asked for, the best of several times: a copy that reaches far beyond its caches, and a
/// product of matrices that it computes as it computes prompts.
/// </summary>
/// <param name="CopyBytesPerSecond">Bytes read and written in a second by a copy. A load that only reads may pass it.</param>
/// <param name="ProductFlopsPerSecond">Operations in a second, multiply and add, of a product with weights of a type: what the kernels reach, not what a data sheet says.</param>
public sealed record DevicePeaks(double CopyBytesPerSecond, double ProductFlopsPerSecond)
{
    private const int Tries = 7;
    private const int HeadDim = 128;
    private const long PageBytes = PagedKv.PageSlots * ((2 * HeadDim) + 1) * sizeof(float);
    private static readonly TimeSpan LeastTime = TimeSpan.FromMilliseconds(4);
    private static readonly Sizes Processor = new(64 << 20, 256, 2048);
    private static readonly Sizes Gpu = new(512 << 20, 4096, 4096);

    /// <summary>Measures a device with nothing else to do; takes less than a second on most.</summary>
    /// <param name="device">The device.</param>
    /// <param name="weights">The type of the weights in the product: F32, F16, BF16 or a block type.</param>
    public static DevicePeaks Measure(ComputeDevice device, DType weights)
    {
        ArgumentNullException.ThrowIfNull(device);
        Sizes sizes = device is CpuDevice ? Processor : Gpu;
        return new DevicePeaks(Copy(device, sizes), Product(device, weights, sizes));
    }

    private static double Copy(ComputeDevice device, Sizes sizes)
    {
        int pages = (int)(sizes.CopyBytes / PageBytes);
        int[] ids = new int[2 * pages];
        for (int i = 0; i < ids.Length; i++)
        {
            ids[i] = i;
        }

        using var memory = new Buffers(device);
        var cache = new PagedKv
        {
            Keys = memory.Make(DType.F32, new Shape(2 * pages, PagedKv.PageSlots, HeadDim)),
            Values = memory.Make(DType.F32, new Shape(2 * pages, PagedKv.PageSlots, HeadDim)),
            Positions = memory.Make(DType.I32, new Shape(2 * pages, PagedKv.PageSlots)),
            PageTable = memory.Make(DType.I32, new Shape(1, 1, 1, 2 * pages)),
            Counts = memory.Make(DType.I32, new Shape(1, 1, 1)),
        };
        Tensor from = memory.Make(DType.I32, new Shape(pages));
        Tensor to = memory.Make(DType.I32, new Shape(pages));
        device.Upload<int>(from, ids.AsSpan(0, pages));
        device.Upload<int>(to, ids.AsSpan(pages));
        return 2.0 * pages * PageBytes / Best(device, () => device.Cache.CopyPages(cache, from, to)).TotalSeconds;
    }

    private static double Product(ComputeDevice device, DType weights, Sizes sizes)
    {
        using var memory = new Buffers(device);
        Tensor input = memory.Make(DType.F32, new Shape(sizes.Rows, sizes.Side));
        Tensor weight = memory.Make(weights, new Shape(sizes.Side, sizes.Side));
        Tensor output = memory.Make(DType.F32, new Shape(sizes.Rows, sizes.Side));
        double flops = 2.0 * sizes.Rows * sizes.Side * sizes.Side;
        return flops / Best(device, () => device.Linear.Project(input, new Projection { Output = output, Weight = weight })).TotalSeconds;
    }

    // As often in a row as it takes for what the host does between to be nothing beside it.
    private static TimeSpan Best(ComputeDevice device, Action work)
    {
        int count = 1;
        while (Time(device, work, count) < LeastTime)
        {
            count *= 2;
        }

        TimeSpan best = TimeSpan.MaxValue;
        for (int i = 0; i < Tries; i++)
        {
            TimeSpan took = Time(device, work, count);
            best = took < best ? took : best;
        }

        return best / count;
    }

    private static TimeSpan Time(ComputeDevice device, Action work, int count)
    {
        long started = Stopwatch.GetTimestamp();
        for (int i = 0; i < count; i++)
        {
            work();
        }

        device.Synchronize();
        return Stopwatch.GetElapsedTime(started);
    }

    /// <summary>What reaches far beyond a device's caches, and what keeps all of it busy.</summary>
    private readonly record struct Sizes(long CopyBytes, int Rows, int Side);

    /// <summary>Small numbers of any type on the device, of random signs and mantissas: with zeros tensor cores take less power than a model lets them.</summary>
    private sealed class Buffers(ComputeDevice device) : IDisposable
    {
        private readonly List<DeviceBuffer> _buffers = [];

        public Tensor Make(DType type, Shape shape)
        {
            Tensor tensor = device.AllocateTensor(type, shape);
            _buffers.Add(tensor.Buffer);
            ushort[] words = new ushort[(tensor.Bytes + 1) / sizeof(ushort)];
            uint random = 1;
            foreach (ref ushort word in words.AsSpan())
            {
                random = unchecked((random * 1664525) + 1013904223);
                word = (ushort)(0x2800 | ((random >> 16) & 0x83FF));
            }

            device.Upload<byte>(tensor, MemoryMarshal.AsBytes(words.AsSpan())[..(int)tensor.Bytes]);
            return tensor;
        }

        public void Dispose()
        {
            foreach (DeviceBuffer buffer in _buffers)
            {
                buffer.Dispose();
            }
        }
    }
}
