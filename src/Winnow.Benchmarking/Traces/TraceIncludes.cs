using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;

namespace Winnow.Benchmarking.Traces;

/// <summary>
/// Keeps the sources of a solution among themselves. The compiler opens whatever an <c>#include</c> names, and what it says about a file that is no C++ quotes that
/// file: sources of strangers could read this machine's files into logs and traces.
/// </summary>
internal static partial class TraceIncludes
{
    /// <summary>Gives every header that was found nowhere, or by a path that leads out of where headers are sought, a text that says so.</summary>
    /// <param name="sources">The sources of the solution.</param>
    /// <param name="headers">The headers that were found; the others are added.</param>
    /// <exception cref="TraceFailureException">A source includes in a way that hides what.</exception>
    public static void Close(IEnumerable<TraceSource> sources, Dictionary<string, string> headers)
    {
        foreach (TraceSource source in sources)
        {
            HashSet<string> names = [.. Plain().Matches(source.Content).Select(match => match.Groups["name"].Value)];
            RequirePlain(source, names);
            foreach (string name in names)
            {
                if (!headers.ContainsKey(name) || Path.IsPathRooted(name) || name.Split('/', '\\').Contains(".."))
                {
                    headers[name] = $"#error {name} is neither among the sources nor in a folder that was named for headers\n";
                }
            }
        }
    }

    private static void RequirePlain(TraceSource source, HashSet<string> names)
    {
        string text = Splice().Replace(source.Content, "");
        foreach (Match directive in Directive().Matches(text))
        {
            int start = text.AsSpan(0, directive.Index).LastIndexOfAny('\n', '\r') + 1;
            string before = text[start..directive.Index];
            int comment = before.LastIndexOf("*/", StringComparison.Ordinal);
            if (!string.IsNullOrWhiteSpace(comment < 0 ? before : before[(comment + 2)..]))
            {
                // Behind something else on its line it is no directive.
                continue;
            }

            Match plain = Plain().Match(text, start);
            if (!plain.Success || plain.Index != start || !names.Contains(plain.Groups["name"].Value))
            {
                int line = text.AsSpan(0, start).Count('\n') + 1;
                throw new TraceFailureException(
                    TraceStatus.CompileError, $"{source.Path}({line}): an include must be a line of its own that names the header, #include \"header.h\", without macros, comments and continued lines.");
            }
        }
    }

    [GeneratedRegex("""^[ \t]*#[ \t]*include[ \t]*["<](?<name>[^">\r\n]+)[">]""", RegexOptions.Multiline)]
    private static partial Regex Plain();

    [GeneratedRegex(@"(?:#|%:)(?:[ \t\f\v]|/\*.*?\*/)*include", RegexOptions.Singleline)]
    private static partial Regex Directive();

    [GeneratedRegex(@"\\[ \t]*(?:\r\n|\n|\r)")]
    private static partial Regex Splice();
}
