namespace Winnow.Formats.Templates;

/// <summary>A run of rendered text that came from one side: from the template, or from the conversation.</summary>
/// <remarks>
/// Only template text may spell special tokens; the same characters inside message text are plain text, whatever a user
/// typed. Do not encode segment by segment, because a border in the middle of a word changes its tokens: find the
/// special tokens inside template segments, then encode everything between two of them as one piece of plain text.
/// </remarks>
/// <param name="Text">The text; never empty.</param>
/// <param name="IsMessage">True where the text came from messages, tools, documents or variables; false where the template wrote it.</param>
public readonly record struct ChatTemplateSegment(string Text, bool IsMessage);
