namespace Winnow.Engine;

/// <summary>How embeddings are made. Null means the default that the member states.</summary>
public sealed record EmbeddingOptions
{
    /// <summary>How the rows of a text become one vector. Default: the mean.</summary>
    public EmbeddingPooling? Pooling { get; init; }

    /// <summary>Whether the vector is scaled to length 1. Default: true.</summary>
    public bool? Normalize { get; init; }

    /// <summary>Whether the tokens that the model expects around a text are added. Default: true.</summary>
    public bool? AddSpecial { get; init; }
}
