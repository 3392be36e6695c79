using System;
using System.Buffers;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using System.Text.Json;
using Winnow.Benchmarking.Descriptions;

namespace Winnow.Benchmarking.Traces;

/// <summary>The fields of one JSON object of the schema: unknown ones are refused, and so are those that stand there twice; null is as good as absent.</summary>
internal sealed class TraceFields
{
    private readonly DescriptionNode _node;
    private readonly string _file;
    private readonly string _prefix;
    private readonly Dictionary<string, DescriptionNode> _members = new(StringComparer.Ordinal);

    /// <param name="node">The object.</param>
    /// <param name="file">The file, for messages.</param>
    /// <param name="path">What it is called in messages; empty for the whole.</param>
    /// <param name="known">The fields that there are, separated by <c>", "</c>; null where any name is one.</param>
    public TraceFields(DescriptionNode node, string file, string path, string? known)
    {
        (_node, _file, _prefix) = (node, file, path.Length > 0 ? path + "." : "");
        if (node.Kind != JsonTokenType.StartObject)
        {
            throw new TraceFormatException(file, node.Line, path, $"this should be an object{(known is null ? "" : $" with fields of {known}")}.");
        }

        string[]? names = known?.Split(", ");
        foreach ((string name, DescriptionNode value) in node.Members)
        {
            if (names?.Contains(name) == false)
            {
                throw Problem(value, name, $"there is no such field in the schema; there are {known}.");
            }

            if (name.Length == 0 || !_members.TryAdd(name, value))
            {
                throw Problem(value, name, name.Length == 0 ? "a name is empty." : "this stands here twice.");
            }
        }
    }

    /// <summary>The members in their order.</summary>
    public IEnumerable<KeyValuePair<string, DescriptionNode>> All => _node.Members;

    /// <summary>A field that may be missing.</summary>
    public DescriptionNode? Find(string name) => _members.TryGetValue(name, out DescriptionNode? node) && node.Kind != JsonTokenType.Null ? node : null;

    /// <summary>A field that must be there.</summary>
    public DescriptionNode Require(string name) => Find(name) ?? throw Problem(_node, name, "this is missing.");

    /// <summary>A text that must be there and not be empty.</summary>
    public string Text(string name)
    {
        DescriptionNode node = Require(name);
        return node.Kind == JsonTokenType.String && node.Text.Length > 0 ? node.Text : throw Problem(node, name, "this should be a text that is not empty.");
    }

    /// <summary>A text that may be missing or empty.</summary>
    public string? OptionalText(string name) =>
        Find(name) is not { } node ? null : node.Kind == JsonTokenType.String ? node.Text : throw Problem(node, name, "this should be a text.");

    /// <summary>A list of texts, none of them empty; empty where it is missing.</summary>
    public IReadOnlyList<string> Texts(string name)
    {
        if (Find(name) is not { } node)
        {
            return [];
        }

        return node.Kind == JsonTokenType.StartArray && node.Items.All(item => item.Kind == JsonTokenType.String && item.Text.Length > 0)
            ? [.. node.Items.Select(item => item.Text)]
            : throw Problem(node, name, "this should be a list of texts, none of them empty.");
    }

    /// <summary>A yes or no that may be missing.</summary>
    public bool? Flag(string name) => Find(name) is not { } node ? null : node.Kind switch
    {
        JsonTokenType.True => true,
        JsonTokenType.False => false,
        _ => throw Problem(node, name, "this should be true or false."),
    };

    /// <summary>A real number from 0 on; infinite and NaN are texts, as JSON has neither.</summary>
    public double Real(string name)
    {
        DescriptionNode node = Require(name);
        double value = node.Text switch
        {
            "Infinity" => double.PositiveInfinity,
            "NaN" => double.NaN,
            _ when node.Kind == JsonTokenType.Number => double.Parse(node.Text, CultureInfo.InvariantCulture),
            _ => -1,
        };
        return double.IsNaN(value) || value >= 0 ? value : throw Problem(node, name, $"'{node.Text}' is no number from 0 on, \"Infinity\" or \"NaN\".");
    }

    /// <summary>A whole number from 0 on.</summary>
    public long Whole(string name) => WholeOf(Require(name), name);

    /// <summary>A member's whole number from 0 on.</summary>
    public long WholeOf(DescriptionNode node, string name) =>
        node.Kind == JsonTokenType.Number && long.TryParse(node.Text, NumberStyles.None, CultureInfo.InvariantCulture, out long value)
            ? value
            : throw Problem(node, name, $"'{node.Text}' is no whole number from 0 on.");

    /// <summary>The fields of a member.</summary>
    public TraceFields Inner(string name, string? known) => Inner(Require(name), name, known);

    /// <summary>The fields of a member.</summary>
    public TraceFields Inner(DescriptionNode node, string name, string? known) => new(node, _file, _prefix + name, known);

    /// <summary>A field's JSON as it is; null where it is missing.</summary>
    /// <param name="name">The field.</param>
    /// <param name="kind">What it must be.</param>
    public string? Raw(string name, JsonTokenType kind)
    {
        if (Find(name) is not { } node)
        {
            return null;
        }

        if (node.Kind != kind)
        {
            throw Problem(node, name, kind == JsonTokenType.StartObject ? "this should be an object." : "this should be a list.");
        }

        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            Copy(node, json);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>An exception about a field.</summary>
    public TraceFormatException Problem(string name, string problem) => Problem(Find(name) ?? _node, name, problem);

    /// <summary>An exception about a field.</summary>
    public TraceFormatException Problem(DescriptionNode node, string name, string problem) => new(_file, node.Line, (_prefix + name).TrimEnd('.'), problem);

    private static void Copy(DescriptionNode node, Utf8JsonWriter json)
    {
        switch (node.Kind)
        {
            case JsonTokenType.StartObject:
                json.WriteStartObject();
                foreach ((string name, DescriptionNode value) in node.Members)
                {
                    json.WritePropertyName(name);
                    Copy(value, json);
                }

                json.WriteEndObject();
                break;
            case JsonTokenType.StartArray:
                json.WriteStartArray();
                node.Items.ForEach(item => Copy(item, json));
                json.WriteEndArray();
                break;
            case JsonTokenType.String:
                json.WriteStringValue(node.Text);
                break;
            default:
                json.WriteRawValue(node.Text);
                break;
        }
    }
}
