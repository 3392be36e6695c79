namespace Winnow.Kernels.Sampling;

/// <summary>What a status means to the caller.</summary>
public static class SamplingStatusExtensions
{
    /// <summary>Throws unless a token was chosen.</summary>
    /// <param name="status">How the sampling of a row ended.</param>
    /// <exception cref="WinnowException">No token was chosen; the message says why and what to do.</exception>
    public static void Check(this SamplingStatus status)
    {
        if (status != SamplingStatus.Chosen)
        {
            throw new WinnowException(TextOf(status));
        }
    }

    private static string TextOf(SamplingStatus status) => status switch
    {
        SamplingStatus.NotANumber =>
            "The row of logits holds a NaN: the model or its weights are damaged, or a layer overflowed; try a wider type for the weights or the cache.",
        SamplingStatus.PositiveInfinity =>
            "The row of logits holds a positive infinity: a layer overflowed; try a wider type for the weights or the cache.",
        SamplingStatus.NothingPossible =>
            "Every logit of the row is negative infinity, so no token can be chosen: allow at least one token.",
        SamplingStatus.AllBanned =>
            "The logit bias bans every token that the model allows, so none can be chosen: allow at least one.",
        SamplingStatus.Overflow => "A penalty or bias made a logit overflow: use smaller penalties.",
        SamplingStatus.TooFewPasses =>
            "The row needs more passes than its batch asks for: set SamplingBatch.Passes to the largest SamplingRow.Passes of the rows, or to 0.",
        _ => $"Sampling reported the unknown status {(int)status}.",
    };
}
