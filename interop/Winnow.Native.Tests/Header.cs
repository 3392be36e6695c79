using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Winnow.TestSupport;

namespace Winnow.Native;

/// <summary>interop/winnow.h, read: the one source of truth that the exports, the tests and the documentation are compared with.</summary>
internal static partial class Header
{
    public static string Text { get; } = File.ReadAllText(Path.Combine(SharedFiles.RepositoryRoot, "interop", "winnow.h"));

    public static IReadOnlyList<HeaderFunction> Functions { get; } =
        [.. FunctionPattern().Matches(Text).Select(match => new HeaderFunction(
            match.Groups["name"].Value, match.Groups["result"].Value, [.. Parameters(match.Groups["parameters"].Value)], match.Groups["comment"].Value))];

    public static HeaderFunction Find(string name) => Functions.Single(function => function.Name == name);

    private static IEnumerable<HeaderParameter> Parameters(string text) =>
        text == "void" ? [] : text.Split(", ").Select(declaration =>
        {
            int end = declaration.LastIndexOfAny([' ', '*']) + 1;
            return new HeaderParameter(declaration[..end].TrimEnd(), declaration[end..]);
        });

    [GeneratedRegex(@"/\*(?<comment>(?:(?!\*/).)*)\*/\s*WINNOW_API (?<result>\w+) WINNOW_CALL (?<name>winnow_\w+)\((?<parameters>[^)]*)\);", RegexOptions.Singleline)]
    private static partial Regex FunctionPattern();
}
