namespace Winnow.Kernels.Sampling;

/// <summary>
/// The operands of <see cref="ISampling.SampleRows"/>, all in device memory, so that a recorded step can be issued again: what changes
/// from step to step lies in <see cref="Rows"/>, <see cref="History"/> and <see cref="Biases"/>.
/// </summary>
public readonly record struct SamplingBatch
{
    /// <summary>F32 [rows, vocab]; not changed. Negative infinity marks tokens that cannot be chosen.</summary>
    public required Tensor Logits { get; init; }

    /// <summary>
    /// U8 [rows, 80]: a <see cref="SamplingRow"/> for each row, aligned to 16 bytes. A row whose parameters are zero is left alone: its
    /// outputs keep their values.
    /// </summary>
    public required Tensor Rows { get; init; }

    /// <summary>I32 [rows]: receives the tokens; 0 where none could be chosen, so that what runs on finds a token that exists.</summary>
    public required Tensor Tokens { get; init; }

    /// <summary>F32 [rows]: receives the log-probability of each token under the unmodified distribution; NaN where none was chosen.</summary>
    public required Tensor LogProbabilities { get; init; }

    /// <summary>I32 [rows]: receives a <see cref="SamplingStatus"/> for each row.</summary>
    public required Tensor Statuses { get; init; }

    /// <summary>
    /// I32 [rows, n], n at most 1024: receives the most probable tokens of the unmodified distribution, best first, -1 where fewer are
    /// possible; empty for none. Not written where the row has no softmax.
    /// </summary>
    public Tensor TopTokens { get; init; }

    /// <summary>F32 [rows, n]: their log-probabilities, negative infinity behind the last; empty for none.</summary>
    public Tensor TopLogProbabilities { get; init; }

    /// <summary>
    /// I32 [slots, capacity], capacity at most 4096: the last tokens of each sequence as a ring, token j at j mod capacity; empty where no
    /// row has a penalty.
    /// </summary>
    public Tensor History { get; init; }

    /// <summary>I32 [biases, 2]: <see cref="TokenBias"/> values as they lie in memory, those of a row together; empty for none.</summary>
    public Tensor Biases { get; init; }

    /// <summary>
    /// How often the device goes through the logits, one launch after the other: the largest <see cref="SamplingRow.Passes"/> of the rows, or 0
    /// where they are not known, which is as good as <see cref="SamplingRow.MostPasses"/>. Results do not depend on it; a row that needs more gets
    /// <see cref="SamplingStatus.TooFewPasses"/>. The processor has no use for it.
    /// </summary>
    public int Passes { get; init; }

    /// <summary>
    /// Whether the parameters move on by themselves: position + 1, and, where there is a history, the token is appended to it. Rows
    /// without a token stay where they are.
    /// </summary>
    public bool Advance { get; init; }
}
