using System;

namespace Winnow.Kernels.Cache;

/// <summary>Where the slots of one (row, layer, KV head) lie.</summary>
internal readonly unsafe struct SlotPool
{
    private readonly byte* _keys;
    private readonly byte* _values;
    private readonly int* _positions;
    private readonly float* _attributes;
    private readonly long _planeSlots;
    private readonly int _planes;
    private readonly int* _pages;
    private readonly long _slotBytes;

    /// <param name="cache">The cache.</param>
    /// <param name="head">The index of the head among all rows, layers and KV heads.</param>
    public SlotPool(in PagedKv cache, long head)
    {
        _keys = (byte*)cache.Keys.Address;
        _values = (byte*)cache.Values.Address;
        _positions = (int*)cache.Positions.Address;
        _planes = cache.Attributes.IsEmpty ? 0 : (int)cache.Attributes.Shape[0];
        _attributes = _planes == 0 ? null : (float*)cache.Attributes.Address;
        _planeSlots = cache.Keys.Shape[0] * PagedKv.PageSlots;
        _pages = (int*)cache.PageTable.Address + (head * cache.PageTable.Shape[3]);
        _slotBytes = cache.Keys.Shape[2] * cache.Keys.Type.BlockBytes();
    }

    /// <summary>The place of a slot among all slots of the pool.</summary>
    public long Index(int slot) => ((long)_pages[slot / PagedKv.PageSlots] * PagedKv.PageSlots) + (slot % PagedKv.PageSlots);

    public byte* Key(int slot) => _keys + (Index(slot) * _slotBytes);

    public byte* Value(int slot) => _values + (Index(slot) * _slotBytes);

    public int* Position(int slot) => _positions + Index(slot);

    /// <summary>Sets a new slot's attributes to 0.</summary>
    public void ClearAttributes(int slot)
    {
        for (int plane = 0; plane < _planes; plane++)
        {
            _attributes[(plane * _planeSlots) + Index(slot)] = 0;
        }
    }

    /// <summary>Writes the norms of a key or value to the planes that are asked for.</summary>
    public void SetNorms(int slot, int? l1, int? l2, float* values, int count)
    {
        if ((l1 ?? l2) is not null)
        {
            (float first, float second) = SlotNorm.Of(values, count);
            Set(slot, l1, first);
            Set(slot, l2, second);
        }
    }

    /// <summary>Copies key, value, position and attributes.</summary>
    public void Copy(int source, int destination)
    {
        Buffer.MemoryCopy(Key(source), Key(destination), _slotBytes, _slotBytes);
        Buffer.MemoryCopy(Value(source), Value(destination), _slotBytes, _slotBytes);
        *Position(destination) = *Position(source);
        for (int plane = 0; plane < _planes; plane++)
        {
            _attributes[(plane * _planeSlots) + Index(destination)] = _attributes[(plane * _planeSlots) + Index(source)];
        }
    }

    private void Set(int slot, int? plane, float value)
    {
        if (plane is int index)
        {
            _attributes[(index * _planeSlots) + Index(slot)] = value;
        }
    }
}
