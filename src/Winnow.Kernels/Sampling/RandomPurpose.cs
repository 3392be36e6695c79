namespace Winnow.Kernels.Sampling;

/// <summary>What a random number is for: numbers of different purposes at one position are independent.</summary>
public enum RandomPurpose : ushort
{
    /// <summary>The draw of a token from the final distribution.</summary>
    Draw = 0,

    /// <summary>The coin of XTC: whether the top tokens are removed at this position.</summary>
    Xtc = 1,

    /// <summary>The draw of a draft token in speculative decoding.</summary>
    Draft = 2,

    /// <summary>The acceptance test of a draft token.</summary>
    Accept = 3,

    /// <summary>The draw from what is left of the target distribution after a rejected draft.</summary>
    Residual = 4,
}
