namespace Winnow.Kernels.Sampling;

/// <summary>How the sampling of a row ended, as device code reports it.</summary>
public enum SamplingStatus
{
    /// <summary>A token was chosen.</summary>
    Chosen = 0,

    /// <summary>The row holds a NaN.</summary>
    NotANumber = 1,

    /// <summary>The row holds a positive infinity.</summary>
    PositiveInfinity = 2,

    /// <summary>Every logit is negative infinity.</summary>
    NothingPossible = 3,

    /// <summary>The logit bias bans every token that the model allows.</summary>
    AllBanned = 4,

    /// <summary>A penalty or bias made a logit overflow.</summary>
    Overflow = 5,

    /// <summary>The row needs more passes than <see cref="SamplingBatch.Passes"/> says.</summary>
    TooFewPasses = 6,
}
