namespace Winnow.Models;

/// <summary>The sampling that a model's files suggest; null where they say nothing.</summary>
public sealed record GenerationDefaults
{
    /// <summary>False where the files ask for greedy decoding.</summary>
    public bool? Sample { get; init; }

    /// <summary>Divides logits.</summary>
    public float? Temperature { get; init; }

    /// <summary>Keeps the k likeliest tokens.</summary>
    public int? TopK { get; init; }

    /// <summary>Keeps the likeliest tokens up to this share of probability.</summary>
    public float? TopP { get; init; }

    /// <summary>Keeps tokens down to this share of the likeliest one's probability.</summary>
    public float? MinP { get; init; }

    /// <summary>Locally typical sampling.</summary>
    public float? TypicalP { get; init; }

    /// <summary>The repetition penalty of CTRL (Keskar et al. 2019, arXiv:1909.05858).</summary>
    public float? RepetitionPenalty { get; init; }
}
