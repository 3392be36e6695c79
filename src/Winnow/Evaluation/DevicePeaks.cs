using System;
using System.Collections.Generic;
using System.Diagnostics;
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
    private const long CopyBytes = 64 << 20;
    private const long PageBytes = PagedKv.PageSlots * ((2 * HeadDim) + 1) * sizeof(float);
    private const int ProductRows = 256;
    private const int ProductSize = 2048;

    /// <summary>Measures a device with nothing else to do; takes less than a second on most.</summary>
    /// <param name="device">The device.</param>
    /// <param name="weights">The type of the weights in the product: F32, F16, BF16 or a block type.</param>
    public static DevicePeaks Measure(ComputeDevice device, DType weights)
    {
        ArgumentNullException.ThrowIfNull(device);
        return new DevicePeaks(Copy(device), Product(device, weights));
    }

    private static double Copy(ComputeDevice device)
    {
        int pages = (int)(CopyBytes / PageBytes);
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

    private static double Product(ComputeDevice device, DType weights)
    {
        using var memory = new Buffers(device);
        Tensor input = memory.Make(DType.F32, new Shape(ProductRows, ProductSize));
        Tensor weight = memory.Make(weights, new Shape(ProductSize, ProductSize));
        Tensor output = memory.Make(DType.F32, new Shape(ProductRows, ProductSize));
        double flops = 2.0 * ProductRows * ProductSize * ProductSize;
        return flops / Best(device, () => device.Linear.Project(input, new Projection { Output = output, Weight = weight })).TotalSeconds;
    }

    private static TimeSpan Best(ComputeDevice device, Action work)
    {
        TimeSpan best = TimeSpan.MaxValue;
        for (int i = 0; i < Tries; i++)
        {
            long started = Stopwatch.GetTimestamp();
            work();
            device.Synchronize();
            TimeSpan took = Stopwatch.GetElapsedTime(started);
            best = took < best ? took : best;
        }

        return best;
    }

    /// <summary>Zeros on the device.</summary>
    private sealed class Buffers(ComputeDevice device) : IDisposable
    {
        private readonly List<DeviceBuffer> _buffers = [];

        public Tensor Make(DType type, Shape shape)
        {
            Tensor tensor = device.AllocateTensor(type, shape);
            _buffers.Add(tensor.Buffer);
            device.Fill(tensor, 0);
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
