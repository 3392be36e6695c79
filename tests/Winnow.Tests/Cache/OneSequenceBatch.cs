using System;
using System.Linq;
using Winnow.Kernels;
using Winnow.Kernels.Cache;

namespace Winnow.Tests.Cache;

/// <summary>The tokens of one sequence as a step's batch.</summary>
internal sealed class OneSequenceBatch : IDisposable
{
    private readonly CpuDevice _device;
    private readonly Tensor _rows;
    private readonly Tensor _starts;
    private readonly Tensor _positions;

    public OneSequenceBatch(CpuDevice device, int row, int firstPosition, int tokens)
    {
        _device = device;
        _rows = device.AllocateTensor(DType.I32, new Shape(1));
        _starts = device.AllocateTensor(DType.I32, new Shape(2));
        _positions = device.AllocateTensor(DType.I32, new Shape(tokens));
        device.Upload<int>(_rows, [row]);
        device.Upload<int>(_starts, [0, tokens]);
        device.Upload<int>(_positions, [.. Enumerable.Range(firstPosition, tokens)]);
    }

    public void Append(in PagedKv cache, int layer, float[] rows)
    {
        Tensor device = _device.AllocateTensor(DType.F32, new Shape(_positions.Shape[0], rows.Length / _positions.Shape[0]));
        _device.Upload<float>(device, rows);
        _device.Cache.Append(cache, new RaggedBatch { Rows = _rows, Starts = _starts, Positions = _positions }, layer, device, device);
        device.Buffer.Dispose();
    }

    public void Dispose()
    {
        _rows.Buffer.Dispose();
        _starts.Buffer.Dispose();
        _positions.Buffer.Dispose();
    }
}
