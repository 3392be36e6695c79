namespace Winnow.Formats.Tokenizers.PreTokenizers;

/// <summary>Where a text gets a space that its author did not write.</summary>
internal enum MetaspaceScheme
{
    /// <summary>At the start of the whole input only.</summary>
    First,

    /// <summary>Nowhere.</summary>
    Never,

    /// <summary>At the start of every stretch between added tokens.</summary>
    Always,
}
