using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.InteropServices;

namespace Winnow.Cache.Policies;

/// <summary>The positions that every head of a sequence holds, where all heads hold the same: the host's mirror of what lies in the slots.</summary>
internal sealed class HeldPositions : KvPolicyState
{
    private readonly List<int> _positions = [];

    /// <summary>The true positions, in the order of the slots.</summary>
    public ReadOnlySpan<int> Positions => CollectionsMarshal.AsSpan(_positions);

    /// <summary>Notes that tokens were appended.</summary>
    /// <param name="length">Tokens of the sequence after it.</param>
    /// <param name="tokens">How many of them are new.</param>
    public void Append(int length, int tokens)
    {
        for (int position = length - tokens; position < length; position++)
        {
            _positions.Add(position);
        }
    }

    /// <summary>Notes which slots stay.</summary>
    public void Keep(ReadOnlySpan<int> slots)
    {
        for (int i = 0; i < slots.Length; i++)
        {
            _positions[i] = _positions[slots[i]];
        }

        CollectionsMarshal.SetCount(_positions, slots.Length);
    }

    /// <inheritdoc/>
    public override KvPolicyState Fork()
    {
        var fork = new HeldPositions();
        fork._positions.AddRange(_positions);
        return fork;
    }

    /// <inheritdoc/>
    public override void Truncate(int length) => CollectionsMarshal.SetCount(_positions, SlotsBefore(length)!.Value);

    /// <inheritdoc/>
    public override int? SlotsBefore(int length)
    {
        int index = _positions.BinarySearch(length);
        return index < 0 ? ~index : index;
    }

    /// <inheritdoc/>
    public override void Save(BinaryWriter writer)
    {
        writer.Write(_positions.Count);
        writer.Write(MemoryMarshal.AsBytes(Positions));
    }

    /// <inheritdoc/>
    public override void Restore(BinaryReader reader)
    {
        int count = reader.ReadInt32();
        CollectionsMarshal.SetCount(_positions, count);
        reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(_positions)));
    }
}
