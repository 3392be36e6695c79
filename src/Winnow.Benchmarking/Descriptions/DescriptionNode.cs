using System;
using System.Collections.Generic;
using System.Text;
using System.Text.Json;

namespace Winnow.Benchmarking.Descriptions;

/// <summary>JSON that knows its lines: an object has members, an array has items, everything else a text.</summary>
internal sealed class DescriptionNode
{
    /// <summary>What it is, by its first token.</summary>
    public JsonTokenType Kind { get; private init; }

    /// <summary>Where it begins, from 1.</summary>
    public int Line { get; private init; }

    /// <summary>A string's text, a number as it is written, <c>true</c>, <c>false</c> or <c>null</c>.</summary>
    public string Text { get; private init; } = "";

    /// <summary>Of an array.</summary>
    public List<DescriptionNode> Items { get; } = [];

    /// <summary>Of an object, in their order.</summary>
    public List<KeyValuePair<string, DescriptionNode>> Members { get; } = [];

    /// <summary>Whether it is written as one word: a string or a number.</summary>
    public bool IsValue => Kind is JsonTokenType.String or JsonTokenType.Number;

    /// <summary>Reads a whole text; comments and trailing commas are allowed.</summary>
    /// <param name="json">The text.</param>
    /// <param name="file">What it is called in messages.</param>
    /// <exception cref="KernelDescriptionException">It is no JSON.</exception>
    public static DescriptionNode Parse(string json, string file)
    {
        try
        {
            return Read(json);
        }
        catch (JsonException exception)
        {
            throw new KernelDescriptionException(file, LineOf(exception), "", $"this is no JSON: {ProblemOf(exception)}");
        }
    }

    /// <summary>Reads a whole text; comments and trailing commas are allowed.</summary>
    /// <param name="json">The text.</param>
    /// <param name="firstLine">The number of its first line.</param>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public static DescriptionNode Read(string json, int firstLine = 1)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(json);
        var options = new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, MaxDepth = 16 };
        var reader = new Utf8JsonReader(bytes, options);
        try
        {
            reader.Read();
            DescriptionNode root = Read(ref reader, bytes, firstLine);
            while (reader.Read())
            {
                // The reader refuses what follows the root.
            }

            return root;
        }
        catch (InvalidOperationException exception)
        {
            // Half of a surrogate pair, which is no text.
            throw new JsonException(exception.Message, null, bytes.AsSpan(0, (int)reader.TokenStartIndex).Count((byte)'\n'), null);
        }
    }

    /// <summary>The line of a problem that <see cref="Read(string, int)"/> found, counted from 1 within the text.</summary>
    public static int LineOf(JsonException exception) => (int)(exception.LineNumber ?? 0) + 1;

    /// <summary>The problem without the place.</summary>
    public static string ProblemOf(JsonException exception) => exception.Message.Split(" LineNumber:")[0];

    private static DescriptionNode Read(ref Utf8JsonReader reader, ReadOnlySpan<byte> bytes, int firstLine)
    {
        int start = (int)reader.TokenStartIndex;
        var node = new DescriptionNode
        {
            Kind = reader.TokenType,
            Line = bytes[..start].Count((byte)'\n') + firstLine,
            Text = reader.TokenType switch
            {
                JsonTokenType.String => reader.GetString()!,
                JsonTokenType.StartObject or JsonTokenType.StartArray => "",
                _ => Encoding.UTF8.GetString(reader.ValueSpan),
            },
        };
        if (node.Kind == JsonTokenType.StartObject)
        {
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                string name = reader.GetString()!;
                reader.Read();
                node.Members.Add(KeyValuePair.Create(name, Read(ref reader, bytes, firstLine)));
            }
        }
        else if (node.Kind == JsonTokenType.StartArray)
        {
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                node.Items.Add(Read(ref reader, bytes, firstLine));
            }
        }

        return node;
    }
}
