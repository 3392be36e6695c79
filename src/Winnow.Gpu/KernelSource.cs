using System;
using System.Collections.Generic;
using System.Text.RegularExpressions;

namespace Winnow.Gpu;

/// <summary>A CUDA source and the headers that it may include.</summary>
/// <param name="Name">What it is called in messages and line information, for instance <c>norm/rms_norm.cu</c>.</param>
/// <param name="Text">The CUDA C++ text.</param>
/// <param name="Headers">Texts by the name that an <c>#include</c> gives, for instance <c>common/types.cuh</c>.</param>
public sealed partial record KernelSource(string Name, string Text, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>The headers that the source includes, directly or through others, ordered by name.</summary>
    internal IReadOnlyList<KeyValuePair<string, string>> IncludedHeaders()
    {
        SortedDictionary<string, string> included = new(StringComparer.Ordinal);
        Stack<string> open = new([Text]);
        while (open.TryPop(out string? text))
        {
            foreach (Match match in Include().Matches(text))
            {
                string name = match.Groups["name"].Value;
                if (Headers.TryGetValue(name, out string? header) && included.TryAdd(name, header))
                {
                    open.Push(header);
                }
            }
        }

        return [.. included];
    }

    [GeneratedRegex("""^[ \t]*#[ \t]*include[ \t]*["<](?<name>[^">\r\n]+)[">]""", RegexOptions.Multiline)]
    private static partial Regex Include();
}
