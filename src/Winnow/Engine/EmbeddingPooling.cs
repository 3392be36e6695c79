namespace Winnow.Engine;

/// <summary>How the hidden rows of a text become one vector.</summary>
public enum EmbeddingPooling
{
    /// <summary>The mean of all rows.</summary>
    Mean,

    /// <summary>The row of the last token.</summary>
    Last,

    /// <summary>The row of the first token, where models with a classification token keep the meaning.</summary>
    Cls,
}
