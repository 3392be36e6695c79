namespace Winnow.Models;

/// <summary>Which tokens of a step need next-token logits.</summary>
public enum LogitRows
{
    /// <summary>None: a prompt's chunk that is not its last.</summary>
    None,

    /// <summary>The last token.</summary>
    Last,

    /// <summary>Every token.</summary>
    All,
}
