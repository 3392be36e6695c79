using System;

namespace Winnow.Cli.Commands;

/// <summary>Text from files and pipes.</summary>
internal static class TextInput
{
    /// <summary>Shells and editors end the last line with a break that is not part of what was meant.</summary>
    public static string WithoutFinalLineBreak(string text) =>
        text.EndsWith("\r\n", StringComparison.Ordinal) ? text[..^2] : text.EndsWith('\n') ? text[..^1] : text;
}
