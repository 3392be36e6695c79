using System;

namespace Winnow.Kernels.Sampling;

/// <summary>The sampling family: executes sampler chains over rows of logits.</summary>
/// <remarks>
/// Every answer is a function of the logits, the chain, the history in the state, the sequence and the position, and
/// of nothing else: not of the
/// batch, the thread or earlier draws. The row itself is not changed. Of equal scores the lower token wins.
/// </remarks>
public interface ISampling
{
    /// <summary>Chooses a token. Does not accept it: tell the state by
    /// <see cref="SamplerState.Accept(int)"/>.</summary>
    /// <param name="logits">One row, F32 [vocab]; negative infinity marks tokens that cannot be chosen.</param>
    /// <param name="chain">The stages and the seed.</param>
    /// <param name="state">The history of the sequence.</param>
    /// <param name="sequence">The number of the sequence: part of the key of its random numbers.</param>
    /// <param name="position">The position of the token to be chosen, likewise: 0 to 2^48 - 1.</param>
    /// <param name="top">Where the most probable tokens of the unmodified distribution go, best first; empty for
    /// none.</param>
    /// <returns>The token and its log-probability under the unmodified distribution.</returns>
    /// <exception cref="WinnowException">The row holds a NaN or a positive infinity, or no token can be
    /// chosen.</exception>
    /// <exception cref="ArgumentException">The row is empty, or the logit bias names a token outside of it.</exception>
    SampleResult Sample(
        ReadOnlySpan<float> logits, SamplerChain chain, SamplerState state, ulong sequence, long position,
        Span<TokenLogProbability> top = default);

    /// <summary>Computes the distribution that <see cref="Sample"/> draws from, as speculative verification needs
    /// it.</summary>
    /// <param name="logits">One row, F32 [vocab].</param>
    /// <param name="chain">The stages and the seed.</param>
    /// <param name="state">The history of the sequence.</param>
    /// <param name="sequence">The number of the sequence.</param>
    /// <param name="position">The position of the token to be chosen.</param>
    /// <param name="probabilities">Receives the probabilities, F32 [vocab]; 0 for tokens the stages removed. Greedy
    /// gives a single 1.</param>
    /// <exception cref="WinnowException">The row holds a NaN or a positive infinity, or no token can be
    /// chosen.</exception>
    /// <exception cref="ArgumentException">The row is empty, the lengths differ, or the logit bias names a token
    /// outside of the row.</exception>
    void Distribution(
        ReadOnlySpan<float> logits, SamplerChain chain, SamplerState state, ulong sequence, long position,
        Span<float> probabilities);

    /// <summary>
    /// Chooses a token for every row of a batch in device memory: the same tokens as <see cref="Sample"/> for chains that
    /// <see cref="SamplingRow.CanHold"/>. Does not wait, and can be recorded.
    /// </summary>
    /// <param name="batch">The operands.</param>
    /// <exception cref="ArgumentException">An operand has another type or shape than <see cref="SamplingBatch"/> says.</exception>
    void SampleRows(in SamplingBatch batch);

    /// <summary>tokens[r] = the lowest token with the largest logit of row r; -1 where the row holds a NaN or only negative
    /// infinity.</summary>
    /// <param name="tokens">I32 [rows].</param>
    /// <param name="logits">F32 [rows, vocab].</param>
    void ArgMaxRows(Tensor tokens, Tensor logits);

    /// <summary>The most probable tokens of every row, best first; of equal ones the lower token comes first.</summary>
    /// <param name="tokens">I32 [rows, n], n at most 1024; -1 where fewer are possible, or all where the row has no softmax.</param>
    /// <param name="logProbabilities">F32 [rows, n]; negative infinity where fewer are possible, NaN where the row has no
    /// softmax.</param>
    /// <param name="logits">F32 [rows, vocab].</param>
    void TopRows(Tensor tokens, Tensor logProbabilities, Tensor logits);

    /// <summary>output[r, i] = logits[r, i] - log(sum over j of exp(logits[r, j])); NaN throughout where the row has no softmax: it
    /// holds a NaN or a positive infinity, or only negative infinity.</summary>
    /// <param name="output">F32 [rows, vocab]; may be the logits.</param>
    /// <param name="logits">F32 [rows, vocab].</param>
    void LogSoftmaxRows(Tensor output, Tensor logits);
}
