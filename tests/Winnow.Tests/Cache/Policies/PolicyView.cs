using System.Collections.Generic;
using Winnow.Cache.Policies;

namespace Winnow.Tests.Cache.Policies;

/// <summary>What a reference decides by: the cache as it was before the policy ran, with the signals that the step left in its planes.</summary>
internal sealed record PolicyView
{
    /// <summary>The slots of each row (layer * kvHeads + head), in order.</summary>
    public required IReadOnlyList<IReadOnlyList<SlotView>> Rows { get; init; }

    public required int Layers { get; init; }

    public required int KvHeads { get; init; }

    /// <summary>Query heads of a KV head.</summary>
    public required int Group { get; init; }

    /// <summary>What the budget leaves each head, on average.</summary>
    public required int Slots { get; init; }

    public required KvMoment Moment { get; init; }

    /// <summary>The ids of all tokens so far.</summary>
    public required int[] Tokens { get; init; }

    /// <summary>Tokens of the step.</summary>
    public required int NewTokens { get; init; }

    /// <summary>Tokens computed one by one, this one included.</summary>
    public required int DecodeSteps { get; init; }

    /// <summary>The step's queries before RoPE of each layer, [tokens, heads * headDim].</summary>
    public required IReadOnlyList<float[]> Queries { get; init; }

    /// <summary>The step's inputs of each layer, [tokens, hidden].</summary>
    public required IReadOnlyList<float[]> Inputs { get; init; }

    public int Length => Tokens.Length;

    /// <summary>The layer of a row.</summary>
    public int LayerOf(int row) => row / KvHeads;
}
