using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using Winnow.Gpu;

namespace Winnow.Benchmarking.Descriptions;

/// <summary>From JSON to a <see cref="KernelDescription"/>; what it does not know it refuses by name and line.</summary>
/// <param name="file">Where the JSON is; empty for text.</param>
/// <param name="sourcePath">The source that was asked for; null for the one that the JSON names or that lies beside it.</param>
/// <param name="includeFolders">Where headers are sought that are not beside the source.</param>
internal sealed class DescriptionReader(string file, string? sourcePath, IReadOnlyList<string> includeFolders)
{
    private const string Fields = "kernel, file, code, definitions, axes, grid, block, shared, arguments, flops, check";

    /// <summary>The source, where it was given.</summary>
    public KernelSource? Source { get; init; }

    private string Folder => file.Length == 0 ? "" : Path.GetDirectoryName(Path.GetFullPath(file))!;

    /// <summary>Reads a text.</summary>
    public KernelDescription Read(string json) => Read(DescriptionNode.Parse(json, file), null, "");

    /// <summary>Reads a text that says only what it changes of another description.</summary>
    public KernelDescription Read(string json, KernelDescription outer) => Read(DescriptionNode.Parse(json, file), outer, "");

    /// <param name="root">The object.</param>
    /// <param name="outer">Where fields come from that it lacks.</param>
    /// <param name="prefix">What stands before the names of its fields in messages.</param>
    private KernelDescription Read(DescriptionNode root, KernelDescription? outer, string prefix)
    {
        Dictionary<string, DescriptionNode> members = Members(root, prefix, Fields);
        KernelDescription description = new()
        {
            Source = SourceOf(members, outer, prefix),
            Kernel = Value(members, "kernel", prefix) ?? outer?.Kernel,
            Definitions = members.TryGetValue("definitions", out DescriptionNode? definitions) ? DefinitionsOf(definitions, prefix) : outer?.Definitions ?? [],
            Axes = members.TryGetValue("axes", out DescriptionNode? axes) ? AxesOf(axes, prefix, outer) : outer?.Axes ?? new Dictionary<string, long>(),
            Grid = Values(members, "grid", prefix) ?? outer?.Grid ?? throw Missing(root, prefix, "grid", "the blocks of a launch, \"ceil_div(n, 256)\""),
            Block = Values(members, "block", prefix) ?? outer?.Block ?? throw Missing(root, prefix, "block", "the threads of a block, 256"),
            Shared = Value(members, "shared", prefix) ?? outer?.Shared ?? "0",
            Arguments = Values(members, "arguments", prefix) ?? outer?.Arguments
                ?? throw Missing(root, prefix, "arguments", "a line for each, [\"in x: f32[n]\", \"out y: f32[n]\"]"),
            Flops = Value(members, "flops", prefix) ?? outer?.Flops,
            Folder = Folder,
            File = file,
            Lines = Lines(members),
        };
        return outer is null && members.TryGetValue("check", out DescriptionNode? check) ? description with { Check = CheckOf(check, description) } : description;
    }

    private KernelSource SourceOf(Dictionary<string, DescriptionNode> members, KernelDescription? outer, string prefix)
    {
        if (Value(members, "code", prefix) is { } code)
        {
            return KernelFile.FromText(code, Folder, includeFolders);
        }

        string? named = Value(members, "file", prefix);
        if ((outer?.Source ?? Source) is { } given && named is null)
        {
            return given;
        }

        string path = (outer is null ? sourcePath : null) ?? (named is null ? Path.ChangeExtension(file, ".cu") : Path.Combine(Folder, named));
        return file.Length == 0 && named is null && sourcePath is null
            ? throw new KernelDescriptionException(file, 0, prefix + "code", "there is no source; give one, as \"code\" or as \"file\".")
            : KernelFile.Load(path, includeFolders);
    }

    private KernelCheck CheckOf(DescriptionNode node, KernelDescription outer)
    {
        Dictionary<string, DescriptionNode> members = Members(node, "check.", "reference, plain, tolerance");
        return new KernelCheck
        {
            Reference = members.TryGetValue("reference", out DescriptionNode? reference)
                ? SourceOf(reference, "check.reference", outer)
                : throw Missing(node, "check.", "reference", "what outputs are compared with: the name of another kernel, a .safetensors or .bin file"),
            Plain = members.TryGetValue("plain", out DescriptionNode? plain) ? SourceOf(plain, "check.plain", outer) : null,
            Tolerance = members.TryGetValue("tolerance", out DescriptionNode? tolerance) ? ToleranceOf(tolerance) : null,
        };
    }

    private CheckSource SourceOf(DescriptionNode node, string field, KernelDescription outer)
    {
        if (node.Kind == JsonTokenType.StartObject)
        {
            return new CheckSource { Kernel = Read(node, outer, field + ".") };
        }

        string text = node.Kind == JsonTokenType.String
            ? node.Text
            : throw Problem(node, field, "this should be the name of another kernel, a .safetensors or .bin file, or an object with the fields that differ.");
        return text.EndsWith(".safetensors", StringComparison.Ordinal) || text.EndsWith(".bin", StringComparison.Ordinal)
            ? new CheckSource { DataPath = Path.Combine(Folder, text) }
            : new CheckSource { Kernel = outer with { Kernel = text, Check = null } };
    }

    private Tolerance ToleranceOf(DescriptionNode node)
    {
        Dictionary<string, DescriptionNode> members = Members(node, "check.tolerance.", "absolute, relative");
        return new Tolerance(Number("absolute"), Number("relative"));

        double Number(string name)
        {
            if (!members.TryGetValue(name, out DescriptionNode? member))
            {
                return 0;
            }

            bool isNumber = double.TryParse(member.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value);
            return isNumber && value >= 0 && double.IsFinite(value)
                ? value
                : throw Problem(member, "check.tolerance." + name, $"'{member.Text}' is no finite number from 0 on.");
        }
    }

    private List<string> DefinitionsOf(DescriptionNode node, string prefix)
    {
        if (node.Kind == JsonTokenType.StartArray && node.Items.All(item => item.Kind == JsonTokenType.String))
        {
            return [.. node.Items.Select(item => item.Text)];
        }

        return node.Kind == JsonTokenType.StartObject && node.Members.All(member => member.Value.IsValue)
            ? [.. node.Members.Select(member => $"{member.Key}={member.Value.Text}")]
            : throw Problem(node, prefix + "definitions", "this should be an object, { \"HEAD_DIM\": 128 }, or a list, [\"HEAD_DIM=128\"].");
    }

    private Dictionary<string, long> AxesOf(DescriptionNode node, string prefix, KernelDescription? outer)
    {
        if (node.Kind != JsonTokenType.StartObject)
        {
            throw Problem(node, prefix + "axes", "this should be an object of numbers, { \"n\": 1024 }.");
        }

        var axes = new Dictionary<string, long>(outer?.Axes ?? new Dictionary<string, long>(), StringComparer.Ordinal);
        foreach ((string name, DescriptionNode value) in node.Members)
        {
            bool isWhole = long.TryParse(value.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out long number);
            axes[name] = value.IsValue && isWhole && number >= 0
                ? number
                : throw Problem(value, $"{prefix}axes.{name}", $"'{value.Text}' is no whole number from 0 on; what is computed stands in \"grid\" and \"arguments\".");
        }

        return axes;
    }

    private Dictionary<string, DescriptionNode> Members(DescriptionNode node, string prefix, string known)
    {
        if (node.Kind != JsonTokenType.StartObject)
        {
            throw Problem(node, prefix.TrimEnd('.'), $"this should be an object with fields of {known}.");
        }

        var members = new Dictionary<string, DescriptionNode>(StringComparer.Ordinal);
        foreach ((string name, DescriptionNode value) in node.Members)
        {
            if (!known.Split(", ").Contains(name))
            {
                throw Problem(value, prefix + name, $"there is no such field; there are {known}.");
            }

            if (!members.TryAdd(name, value))
            {
                throw Problem(value, prefix + name, "this stands here twice.");
            }
        }

        return members;
    }

    private string? Value(Dictionary<string, DescriptionNode> members, string name, string prefix) =>
        !members.TryGetValue(name, out DescriptionNode? node) ? null
        : node.IsValue ? node.Text
        : throw Problem(node, prefix + name, "this should be a text or a number.");

    private List<string>? Values(Dictionary<string, DescriptionNode> members, string name, string prefix)
    {
        if (!members.TryGetValue(name, out DescriptionNode? node))
        {
            return null;
        }

        return node.IsValue ? [node.Text]
            : node.Kind == JsonTokenType.StartArray && node.Items.All(item => item.IsValue) ? [.. node.Items.Select(item => item.Text)]
            : throw Problem(node, prefix + name, "this should be a text, a number, or a list of those.");
    }

    private static Dictionary<string, int> Lines(Dictionary<string, DescriptionNode> members)
    {
        var lines = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach ((string name, DescriptionNode node) in members)
        {
            lines.Add(name, node.Line);
            for (int i = 0; i < node.Items.Count; i++)
            {
                lines.Add($"{name}[{i}]", node.Items[i].Line);
            }
        }

        return lines;
    }

    private KernelDescriptionException Missing(DescriptionNode node, string prefix, string name, string what) =>
        Problem(node, prefix + name, $"this is missing: {what}.");

    private KernelDescriptionException Problem(DescriptionNode node, string field, string problem) => new(file, node.Line, field, problem);
}
