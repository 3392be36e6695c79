using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Winnow.Gpu;

namespace Winnow.Benchmarking.Descriptions;

/// <summary>
/// A kernel and how to launch it: what is needed to compile, check, profile and time it. Read from a few lines of JSON, or made in code. Grid, block, shapes
/// and scalars are expressions over <see cref="Axes"/>: numbers, names, <c>+ - * / %</c>, parentheses, <c>min</c>, <c>max</c>, <c>ceil_div</c>.
/// </summary>
/// <remarks>
/// <code>
/// { "axes": { "n": 1048576 }, "grid": "ceil_div(n, 256)", "block": 256,
///   "arguments": ["inout y: f32[n]", "in x: f32[n]", "a: f32 = 2", "n: i32 = n"] }
/// </code>
/// </remarks>
public sealed record KernelDescription
{
    /// <summary>The CUDA source with its headers.</summary>
    public required KernelSource Source { get; init; }

    /// <summary>The entry point, without its parameters; null for the only one of the source.</summary>
    public string? Kernel { get; init; }

    /// <summary>Macros, each <c>NAME</c> or <c>NAME=VALUE</c>.</summary>
    public IReadOnlyList<string> Definitions { get; init; } = [];

    /// <summary>Names for numbers that expressions use.</summary>
    public IReadOnlyDictionary<string, long> Axes { get; init; } = new Dictionary<string, long>();

    /// <summary>Blocks: one to three expressions, fastest first.</summary>
    public required IReadOnlyList<string> Grid { get; init; }

    /// <summary>Threads of a block: one to three expressions, fastest first.</summary>
    public required IReadOnlyList<string> Block { get; init; }

    /// <summary>Dynamic shared memory of a block, bytes.</summary>
    public string Shared { get; init; } = "0";

    /// <summary>
    /// The arguments in the kernel's order, a line each: <c>in x: f32[n] = normal</c>, <c>out y: f32[n]</c>, <c>inout z: f16[rows, hidden]</c>, and numbers by value,
    /// <c>n: i32 = n</c>. First values are <c>normal</c>, <c>uniform(a, b)</c>, <c>zeros</c>, <c>ones</c>, <c>range</c>, a number or expression, <c>file(path, tensor)</c>;
    /// where a line has none, floats are normal and integers 0.
    /// </summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>Operations of one launch; null where only the profile counts them.</summary>
    public string? Flops { get; init; }

    /// <summary>What its outputs are compared with; null where nothing is known.</summary>
    public KernelCheck? Check { get; init; }

    /// <summary>The folder that paths of data are relative to.</summary>
    public string Folder { get; init; } = "";

    /// <summary>Where it was read from, for messages; empty where it was made in code.</summary>
    public string File { get; init; } = "";

    /// <summary>Values of arguments that come from neither the lines nor a file, by name: the bytes of the whole argument.</summary>
    internal IReadOnlyDictionary<string, byte[]> Data { get; init; } = new Dictionary<string, byte[]>();

    /// <summary>The lines of fields in <see cref="File"/>.</summary>
    internal IReadOnlyDictionary<string, int> Lines { get; init; } = new Dictionary<string, int>();

    /// <summary>
    /// Reads the description that belongs to a file: of <c>saxpy.cu</c> the one in <c>saxpy.json</c> beside it, or in the file that is named. A file that ends with
    /// <c>.json</c> is a description itself, of the source that it names or of the one beside it.
    /// </summary>
    /// <param name="path">The source or the description.</param>
    /// <param name="description">The description; null for the one beside the source.</param>
    /// <param name="includeFolders">Where headers are sought that are not beside the source.</param>
    /// <exception cref="KernelDescriptionException">It is damaged; the message names the line and the field.</exception>
    /// <exception cref="WinnowException">A file is missing.</exception>
    public static KernelDescription Load(string path, string? description = null, IReadOnlyList<string>? includeFolders = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        bool isDescription = path.EndsWith(".json", StringComparison.OrdinalIgnoreCase);
        string json = description ?? Path.ChangeExtension(path, ".json");
        if (!isDescription && !System.IO.File.Exists(path))
        {
            throw KernelFile.Missing(path);
        }

        if (!System.IO.File.Exists(json))
        {
            throw new WinnowException(
                $"{json}: there is no such file. A kernel needs a description of its launch beside it; the smallest is "
                + """{ "axes": { "n": 1024 }, "grid": "ceil_div(n, 256)", "block": 256, "arguments": ["in x: f32[n]", "out y: f32[n]", "n: i32 = n"] }""");
        }

        return new DescriptionReader(json, isDescription ? null : path, includeFolders ?? []).Read(System.IO.File.ReadAllText(json));
    }

    /// <summary>Reads a description from text.</summary>
    /// <param name="json">The text.</param>
    /// <param name="source">The source; null where the text has it, as <c>"code"</c> or as <c>"file"</c>.</param>
    /// <exception cref="KernelDescriptionException">It is damaged; the message names the line and the field.</exception>
    public static KernelDescription Parse(string json, KernelSource? source = null)
    {
        ArgumentNullException.ThrowIfNull(json);
        return new DescriptionReader("", null, []) { Source = source }.Read(json);
    }

    /// <summary>The same kernel with other values of some axes; what it is checked against has them, too, where it has no value of its own.</summary>
    /// <param name="axes">Name and value; the names must be there.</param>
    /// <exception cref="ArgumentException">There is no such axis.</exception>
    public KernelDescription WithAxes(IEnumerable<KeyValuePair<string, long>> axes)
    {
        ArgumentNullException.ThrowIfNull(axes);
        var changed = new Dictionary<string, long>(Axes, StringComparer.Ordinal);
        foreach ((string name, long value) in axes)
        {
            changed[name] = changed.ContainsKey(name)
                ? value
                : throw new ArgumentException($"There is no axis '{name}'; there are {string.Join(", ", Axes.Keys)}.", nameof(axes));
        }

        return this with { Axes = changed, Check = Check?.Map(other => other with { Axes = Replaced(other.Axes, changed) }) };
    }

    /// <summary>
    /// The same kernel with more macros, or other values of those it has; what it is checked against has them, too, where it has no value of its own.
    /// </summary>
    /// <param name="definitions">Macros, each <c>NAME</c> or <c>NAME=VALUE</c>.</param>
    public KernelDescription WithDefinitions(IReadOnlyList<string> definitions)
    {
        ArgumentNullException.ThrowIfNull(definitions);
        return this with
        {
            Definitions = Merged(Definitions, definitions),
            Check = Check?.Map(other => other with { Definitions = Merged(other.Definitions, definitions.Where(macro => !HasItsOwn(other, NameOf(macro)))) }),
        };

        bool HasItsOwn(KernelDescription other, string name) =>
            other.Definitions.FirstOrDefault(macro => NameOf(macro) == name) is { } own && !Definitions.Contains(own);
    }

    /// <summary>The same kernel with another's values of those axes that both have.</summary>
    /// <param name="axes">The other's axes.</param>
    public KernelDescription WithKnownAxes(IReadOnlyDictionary<string, long> axes)
    {
        ArgumentNullException.ThrowIfNull(axes);
        return WithAxes([.. axes.Where(axis => Axes.ContainsKey(axis.Key))]);
    }

    /// <summary>Works out the launch: expressions become numbers, lines become arguments.</summary>
    /// <exception cref="KernelDescriptionException">Something is wrong; the message names the field.</exception>
    public LaunchPlan Plan() => new LaunchPlanner(this).Plan();

    private Dictionary<string, long> Replaced(IReadOnlyDictionary<string, long> axes, Dictionary<string, long> changed) => axes.ToDictionary(
        axis => axis.Key, axis => Axes.TryGetValue(axis.Key, out long before) && before == axis.Value ? changed[axis.Key] : axis.Value, StringComparer.Ordinal);

    private static string[] Merged(IReadOnlyList<string> first, IEnumerable<string> second)
    {
        Dictionary<string, string> replaced = [];
        foreach (string macro in second)
        {
            replaced[NameOf(macro)] = macro;
        }

        return [.. first.Where(macro => !replaced.ContainsKey(NameOf(macro))), .. replaced.Values];
    }

    private static string NameOf(string macro) => macro.Split('=')[0];

    /// <summary>An exception about one field.</summary>
    internal KernelDescriptionException Problem(string field, string problem) => new(File, Lines.GetValueOrDefault(field), field, problem);
}
