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
        byte[] bytes = Encoding.UTF8.GetBytes(json);
        try
        {
            var options = new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, MaxDepth = 16 };
            var reader = new Utf8JsonReader(bytes, options);
            reader.Read();
            DescriptionNode root = Read(ref reader, bytes);
            while (reader.Read())
            {
                // The reader refuses what follows the root.
            }

            return root;
        }
        catch (JsonException exception)
        {
            string message = exception.Message.Split(" LineNumber:")[0];
            throw new KernelDescriptionException(file, (int)(exception.LineNumber ?? 0) + 1, "", $"this is no JSON: {message}");
        }
    }

    private static DescriptionNode Read(ref Utf8JsonReader reader, ReadOnlySpan<byte> bytes)
    {
        int start = (int)reader.TokenStartIndex;
        var node = new DescriptionNode
        {
            Kind = reader.TokenType,
            Line = bytes[..start].Count((byte)'\n') + 1,
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
                node.Members.Add(KeyValuePair.Create(name, Read(ref reader, bytes)));
            }
        }
        else if (node.Kind == JsonTokenType.StartArray)
        {
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                node.Items.Add(Read(ref reader, bytes));
            }
        }

        return node;
    }
}
