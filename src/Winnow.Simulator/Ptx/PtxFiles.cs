using System;
using System.Collections.Generic;
using System.Globalization;

namespace Winnow.Simulator.Ptx;

/// <summary>Finds the <c>.file</c> directives of a module before it is parsed: NVRTC puts them at the end, instructions refer to them from the start.</summary>
internal static class PtxFiles
{
    private const string Directive = ".file";

    /// <summary>The files by number.</summary>
    /// <param name="text">PTX text.</param>
    public static Dictionary<int, string> Find(string text)
    {
        var files = new Dictionary<int, string>();
        for (int i = text.IndexOf(Directive, StringComparison.Ordinal); i >= 0; i = text.IndexOf(Directive, i + 1, StringComparison.Ordinal))
        {
            ReadOnlySpan<char> rest = text.AsSpan(i + Directive.Length).TrimStart(" \t");
            int digits = rest.IndexOfAnyExceptInRange('0', '9');
            if (digits > 0 && int.TryParse(rest[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out int number))
            {
                AddName(files, number, rest[digits..].TrimStart(" \t"));
            }
        }

        return files;
    }

    private static void AddName(Dictionary<int, string> files, int number, ReadOnlySpan<char> rest)
    {
        int end = rest.StartsWith("\"") ? rest[1..].IndexOf('"') : -1;
        if (end >= 0)
        {
            files[number] = rest.Slice(1, end).ToString();
        }
    }
}
