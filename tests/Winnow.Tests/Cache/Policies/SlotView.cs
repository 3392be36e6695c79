using System.Collections.Generic;

namespace Winnow.Tests.Cache.Policies;

/// <summary>One slot as it lies in the cache, read back bit for bit.</summary>
/// <param name="Position">What the cache says its position is.</param>
/// <param name="Key">Its key, widened.</param>
/// <param name="Value">Its value, widened.</param>
/// <param name="Planes">What each plane says about it, by name.</param>
internal sealed record SlotView(int Position, float[] Key, float[] Value, IReadOnlyDictionary<string, float> Planes);
