using System;
using System.Collections.Generic;
using System.Text.Json;
using System.Text.Unicode;

namespace Winnow.Formats.Storage;

/// <summary>Walks untrusted JSON with <see cref="Utf8JsonReader"/>; every fault of the text is a <see cref="ModelFormatException"/>.</summary>
internal static class JsonText
{
    /// <summary>Parses one JSON object: <paramref name="read"/> starts inside it and must consume up to its end.</summary>
    /// <param name="json">The text.</param>
    /// <param name="path">The file, for messages.</param>
    /// <param name="offset">Where the text begins in the file, for messages.</param>
    /// <param name="read">Reads the properties.</param>
    public static void Parse(ReadOnlySpan<byte> json, string path, long offset, ObjectReader read)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 64 });
        try
        {
            ReadObjectStart(ref reader);
            read(ref reader);
            while (reader.Read())
            {
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException is how the reader reports bytes or escapes that are not Unicode text.
            throw new ModelFormatException(
                $"the JSON text is not valid ({e.Message}); the file is damaged, download it again", path, offset + reader.BytesConsumed, null, e);
        }
    }

    /// <summary>Checks that the text is one JSON object in valid Unicode in which no object has a key twice.</summary>
    /// <remarks>Two readers that resolve a repeated key differently would see two different models.</remarks>
    public static void CheckObject(ReadOnlySpan<byte> json, string path)
    {
        if (!Utf8.IsValid(json))
        {
            throw new ModelFormatException("the JSON text is not valid UTF-8; the file is damaged, download it again", path);
        }

        Parse(json, path, 0, (ref Utf8JsonReader reader) => CheckKeysAndStrings(ref reader, path));
    }

    /// <summary>Moves to the next property of the current object, or over the object's end.</summary>
    public static bool ReadProperty(ref Utf8JsonReader reader, out string name)
    {
        reader.Read();
        name = reader.TokenType == JsonTokenType.PropertyName ? reader.GetString()! : "";
        return reader.TokenType == JsonTokenType.PropertyName;
    }

    /// <summary>Moves over the start of an object.</summary>
    public static void ReadObjectStart(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException($"an object was expected, not {reader.TokenType}");
        }
    }

    private static void CheckKeysAndStrings(ref Utf8JsonReader reader, string path)
    {
        var open = new Stack<HashSet<string>>([new HashSet<string>(StringComparer.Ordinal)]);
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject: open.Push(new HashSet<string>(StringComparer.Ordinal)); break;
                case JsonTokenType.EndObject: open.Pop(); break;
                case JsonTokenType.PropertyName when !open.Peek().Add(reader.GetString()!):
                    throw new ModelFormatException("the key is there twice; correct the file", path, reader.TokenStartIndex, reader.GetString());
                case JsonTokenType.String: _ = reader.GetString(); break;
            }
        }
    }

    public delegate void ObjectReader(ref Utf8JsonReader reader);
}
