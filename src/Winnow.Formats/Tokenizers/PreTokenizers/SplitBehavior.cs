namespace Winnow.Formats.Tokenizers.PreTokenizers;

/// <summary>What becomes of the matches of a pattern that text is split by.</summary>
internal enum SplitBehavior
{
    /// <summary>Matches are dropped.</summary>
    Removed,

    /// <summary>Each match is a piece.</summary>
    Isolated,

    /// <summary>A match ends the piece before it.</summary>
    MergedWithPrevious,

    /// <summary>A match begins the piece after it.</summary>
    MergedWithNext,

    /// <summary>Neighbouring matches make one piece.</summary>
    Contiguous,
}
