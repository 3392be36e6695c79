using System;
using System.Collections.Generic;
using Winnow.Kernels;

namespace Winnow.Cache;

/// <summary>The fixed capacities of a <see cref="KvCache"/>.</summary>
public sealed record KvCacheOptions
{
    /// <summary>Decoder layers.</summary>
    public required int Layers { get; init; }

    /// <summary>KV heads per layer.</summary>
    public required int KvHeads { get; init; }

    /// <summary>Values in one head's key.</summary>
    public required int HeadDim { get; init; }

    /// <summary>Pages in the pool, over all sequences, layers and heads.</summary>
    public required int Pages { get; init; }

    /// <summary>How many sequences can exist at once.</summary>
    public required int MaxSequences { get; init; }

    /// <summary>How many tokens one sequence can hold.</summary>
    public required int MaxTokens { get; init; }

    /// <summary>Names of what is kept with each slot beside its position, one float each: scores, norms, counters of a policy.</summary>
    public IReadOnlyList<string> Attributes { get; init; } = Array.Empty<string>();

    /// <summary>What keys and values are kept in: F32, F16 or BF16.</summary>
    public DType Type { get; init; } = DType.F32;
}
