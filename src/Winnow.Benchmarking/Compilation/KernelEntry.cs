using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using System.Text.RegularExpressions;

namespace Winnow.Benchmarking.Compilation;

/// <summary>An entry point of a compiled source.</summary>
/// <param name="Symbol">Its name in the image; C++ names are mangled.</param>
/// <param name="Parameters">Its parameters, in order.</param>
/// <param name="MaxThreads">The most threads of a block by its <c>__launch_bounds__</c>; 0 where it states none.</param>
public sealed partial record KernelEntry(string Symbol, IReadOnlyList<KernelParameter> Parameters, int MaxThreads = 0)
{
    /// <summary>Its name in the source, where that can be told: without <c>extern "C"</c> a compiler mangles <c>saxpy</c> into <c>_Z5saxpyPf</c>.</summary>
    public string Name
    {
        get
        {
            Match mangled = Mangled().Match(Symbol);
            int length = mangled.Success ? int.Parse(mangled.Groups["length"].ValueSpan, CultureInfo.InvariantCulture) : 0;
            return length > 0 && mangled.Length + length <= Symbol.Length ? Symbol.Substring(mangled.Length, length) : Symbol;
        }
    }

    /// <summary>What tells it apart from others: its name, or its symbol where another one has the same name, as instances of a template have.</summary>
    /// <param name="others">The entry points of its source.</param>
    public string NameAmong(IEnumerable<KernelEntry> others) => others.Any(other => other.Name == Name && other.Symbol != Symbol) ? Symbol : Name;

    /// <summary>The entry points of PTX text, in its order.</summary>
    /// <param name="ptx">What NVRTC gave for <c>compute_80</c> or another virtual architecture.</param>
    public static IReadOnlyList<KernelEntry> Read(ReadOnlySpan<byte> ptx) =>
        [.. Entry().Matches(Encoding.UTF8.GetString(ptx)).Select(entry => new KernelEntry(
            entry.Groups["name"].Value,
            [.. Parameter().Matches(entry.Groups["parameters"].Value).Select(ParameterOf)],
            MaxThreadsOf(entry.Groups["bounds"])))];

    /// <summary>Finds an entry point.</summary>
    /// <param name="entries">The entry points of a source.</param>
    /// <param name="name">Its name or symbol; null for the only one.</param>
    /// <param name="source">What the source is called, for messages.</param>
    /// <exception cref="WinnowException">There is none of that name, or there are several to choose from.</exception>
    public static KernelEntry Find(IReadOnlyList<KernelEntry> entries, string? name, string source)
    {
        ArgumentNullException.ThrowIfNull(entries);
        KernelEntry[] found = [.. entries.Where(entry => name is null || entry.Symbol == name || entry.Name == name)];
        string names = string.Join(", ", entries.Select(entry => entry.NameAmong(entries)));
        return found.Length == 1 ? found[0] : throw new WinnowException((entries.Count, found.Length, name) switch
        {
            (0, _, _) => NoKernelIn(source),
            (_, 0, _) => $"{source} has no kernel '{name}'; its kernels are {names}.",
            (_, _, null) => $"{source} has {found.Length} kernels; say which: {names}.",
            _ => $"{source} has {found.Length} kernels '{name}', of other parameters; say which by its symbol: {string.Join(", ", found.Select(entry => entry.Symbol))}.",
        });
    }

    internal static string NoKernelIn(string source) => $"{source} has no kernel: nothing in it is __global__, or a template that nothing instantiates.";

    private static KernelParameter ParameterOf(Match match)
    {
        string kind = match.Groups["kind"].Value;
        int unit = int.Parse(kind.AsSpan(1), CultureInfo.InvariantCulture) / 8;
        int count = match.Groups["count"].Success ? int.Parse(match.Groups["count"].ValueSpan, CultureInfo.InvariantCulture) : 1;
        return new KernelParameter(unit * count, kind);
    }

    private static int MaxThreadsOf(Group bounds) => bounds.Success
        ? bounds.Value.Split(',').Aggregate(1, (product, size) => product * int.Parse(size, CultureInfo.InvariantCulture))
        : 0;

    [GeneratedRegex(@"^_Z(?<length>\d+)(?=[A-Za-z_])")]
    private static partial Regex Mangled();

    [GeneratedRegex(@"\.entry\s+(?<name>[\w$]+)\s*\((?<parameters>[^)]*)\)(?:\s*\.(?:maxntid|reqntid)\s+(?<bounds>[\d, ]+))?")]
    private static partial Regex Entry();

    // PTX ISA 5.1.6: alignment before the type, what a pointer points to after it.
    [GeneratedRegex(@"\.param\s+(?:\.align\s+\d+\s+)?\.(?<kind>[usbf]\d+)\s+(?:\.ptr\s+(?:\.(?:global|const|local|shared)\s+)?(?:\.align\s+\d+\s+)?)?[\w$]+(?:\[(?<count>\d+)\])?")]
    private static partial Regex Parameter();
}
