namespace Winnow.Kernels.Cache;

/// <summary>
/// Which tokens of a step belong to which sequence. The T tokens of a step lie one after another; sequence s owns tokens
/// Starts[s] to Starts[s + 1] - 1, in order, and row Rows[s] of the page table.
/// </summary>
public readonly record struct RaggedBatch
{
    /// <summary>Page-table row of each sequence, I32 [sequences].</summary>
    public required Tensor Rows { get; init; }

    /// <summary>First token of each sequence and, last, the number of tokens, I32 [sequences + 1].</summary>
    public required Tensor Starts { get; init; }

    /// <summary>Position of each token in its sequence, I32 [tokens].</summary>
    public required Tensor Positions { get; init; }

    /// <summary>
    /// At least as many as the tokens of any one sequence of the step: what devices that read <see cref="Starts"/> later than the host
    /// size their launches by. 0 means that nothing is known, hence <see cref="Tokens"/>.
    /// </summary>
    public int MostTokens { get; init; }

    /// <summary>
    /// At least as many as the slots of any head of the step's sequences once its tokens are appended, for the same use. 0 means that
    /// nothing is known, hence all slots that a row of the page table has room for.
    /// </summary>
    public int MostSlots { get; init; }

    /// <summary>The number of tokens of the step.</summary>
    public int Tokens => (int)Positions.Shape[0];

    /// <summary>The number of sequences of the step.</summary>
    public int Sequences => (int)Rows.Shape[0];
}
