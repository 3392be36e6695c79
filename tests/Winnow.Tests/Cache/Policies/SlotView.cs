using System;
using System.Collections.Generic;
using System.Linq;

namespace Winnow.Tests.Cache.Policies;

/// <summary>One slot as it lies in the cache, read back bit for bit.</summary>
/// <param name="Position">What the cache says its position is.</param>
/// <param name="Key">Its key, widened.</param>
/// <param name="Value">Its value, widened.</param>
/// <param name="Planes">What each plane says about it, by name.</param>
internal sealed record SlotView(int Position, float[] Key, float[] Value, IReadOnlyDictionary<string, float> Planes)
{
    /// <summary>Whether a row has different keys or values: sums over them that are equal in theory may then differ by their order, and otherwise not.</summary>
    public static bool Differ(IReadOnlyList<SlotView> row) =>
        row.Any(slot => !slot.Key.AsSpan().SequenceEqual(row[0].Key) || !slot.Value.AsSpan().SequenceEqual(row[0].Value));
}
