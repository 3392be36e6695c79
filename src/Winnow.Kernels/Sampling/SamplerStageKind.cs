namespace Winnow.Kernels.Sampling;

/// <summary>What a stage of a sampler chain does to the row of logits.</summary>
public enum SamplerStageKind
{
    /// <summary>No stage; a chain does not accept it.</summary>
    None = 0,

    /// <summary>Adds a constant to the logits of given tokens.</summary>
    LogitBias,

    /// <summary>Divides positive and multiplies other logits of recent tokens (Keskar et al. 2019, CTRL,
    /// arXiv:1909.05858).</summary>
    RepetitionPenalty,

    /// <summary>Subtracts a constant times the number of recent occurrences.</summary>
    FrequencyPenalty,

    /// <summary>Subtracts a constant from every token that occurred recently.</summary>
    PresencePenalty,

    /// <summary>Subtracts an amount that grows with the length of the repetition a token would continue ("don't repeat
    /// yourself").</summary>
    Dry,

    /// <summary>Keeps logits within a number of standard deviations of the largest (Tang et al. 2024,
    /// arXiv:2411.07641).</summary>
    TopNSigma,

    /// <summary>Keeps the k largest logits (Fan et al. 2018, arXiv:1805.04833).</summary>
    TopK,

    /// <summary>Keeps the tokens whose surprise is nearest to the entropy (Meister et al. 2022,
    /// arXiv:2202.00666).</summary>
    Typical,

    /// <summary>Keeps the smallest set of most probable tokens with a given mass (Holtzman et al. 2019,
    /// arXiv:1904.09751).</summary>
    TopP,

    /// <summary>Keeps tokens with a given share of the largest probability (Nguyen et al. 2024,
    /// arXiv:2407.01082).</summary>
    MinP,

    /// <summary>With some probability removes all tokens above a threshold but the least probable of them ("exclude
    /// top choices").</summary>
    Xtc,

    /// <summary>Divides the logits.</summary>
    Temperature,

    /// <summary>Keeps tokens below a surprise that is steered from token to token, and draws (Basu et al. 2020,
    /// arXiv:2007.14966).</summary>
    MirostatV2,

    /// <summary>Takes the largest logit; of equal ones the lowest token.</summary>
    Greedy,
}
