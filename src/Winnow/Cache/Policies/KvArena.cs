using System;
using System.Collections.Generic;
using Winnow.Kernels;

namespace Winnow.Cache.Policies;

/// <summary>Memory for the intermediate results of one pass: given out in order and taken back all at once, so that it grows to what a pass needs and stays.</summary>
internal sealed class KvArena(ComputeDevice device) : IDisposable
{
    private const long Alignment = 256;
    private const long LeastBytes = 1 << 16;

    private readonly List<DeviceBuffer> _blocks = [];
    private int _block;
    private long _used;

    /// <summary>Memory of undefined contents.</summary>
    public Tensor Rent(DType type, Shape shape)
    {
        long bytes = Math.Max(1, type.BytesOf(shape.ElementCount));
        while (_block < _blocks.Count && _used + bytes > _blocks[_block].Bytes)
        {
            (_block, _used) = (_block + 1, 0);
        }

        if (_block == _blocks.Count)
        {
            long last = _blocks.Count == 0 ? LeastBytes / 2 : _blocks[^1].Bytes;
            _blocks.Add(device.Allocate(Math.Max(2 * last, bytes)));
            _used = 0;
        }

        var tensor = new Tensor(_blocks[_block], _used, type, shape);
        _used += (bytes + Alignment - 1) / Alignment * Alignment;
        return tensor;
    }

    /// <summary>What is given out next; going back takes back what was given out since.</summary>
    public (int Block, long Used) Position
    {
        get => (_block, _used);
        set => (_block, _used) = value;
    }

    /// <summary>Takes everything back.</summary>
    public void Reset() => Position = (0, 0);

    public void Dispose()
    {
        foreach (DeviceBuffer block in _blocks)
        {
            block.Dispose();
        }

        _blocks.Clear();
    }
}
