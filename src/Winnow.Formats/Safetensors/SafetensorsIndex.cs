using System;
using System.Collections.Generic;
using System.Text.Json;
using Winnow.Formats.Storage;

namespace Winnow.Formats.Safetensors;

/// <summary>The index of a sharded model: which file holds which tensor.</summary>
internal static class SafetensorsIndex
{
    private const int MaxIndexBytes = 100_000_000;

    /// <summary>Reads tensor names and the plain names of their files, in the order of the index.</summary>
    public static List<KeyValuePair<string, string>> Read(ByteSource source)
    {
        if (source.Length > MaxIndexBytes)
        {
            throw new ModelFormatException($"an index of more than {MaxIndexBytes} bytes is not plausible; name the index file", source.Path);
        }

        var json = new byte[source.Length];
        source.Read(0, json);
        List<KeyValuePair<string, string>>? map = null;
        JsonText.Parse(json, source.Path, 0, (ref Utf8JsonReader reader) =>
        {
            while (JsonText.ReadProperty(ref reader, out string name))
            {
                if (name != "weight_map")
                {
                    reader.Skip();
                    continue;
                }

                if (map is not null)
                {
                    throw new ModelFormatException("is there twice; download the index again", source.Path, reader.TokenStartIndex, name);
                }

                map = ReadMap(ref reader, source.Path);
            }
        });
        return map ?? throw new ModelFormatException("is missing; this is not the index of a safetensors model", source.Path, null, "weight_map");
    }

    private static List<KeyValuePair<string, string>> ReadMap(ref Utf8JsonReader reader, string path)
    {
        var map = new List<KeyValuePair<string, string>>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        JsonText.ReadObjectStart(ref reader);
        while (JsonText.ReadProperty(ref reader, out string tensor))
        {
            long at = reader.TokenStartIndex;
            if (!names.Add(tensor))
            {
                throw new ModelFormatException("the tensor is listed twice; download the index again", path, at, tensor);
            }

            reader.Read();
            string file = reader.TokenType == JsonTokenType.String ? reader.GetString()! : "";
            if (!IsPlainName(file))
            {
                throw new ModelFormatException(
                    "a tensor's file must be the plain name of a file beside the index, without folders; download the index again",
                    path, at, tensor);
            }

            map.Add(new(tensor, file));
        }

        return map;
    }

    // Anything else could name files outside the model's folder, on one system or another.
    private static bool IsPlainName(string file) =>
        file.Length is > 0 and <= 255 && file.AsSpan().IndexOfAny("/\\:\0") < 0 && !file.Contains("..", StringComparison.Ordinal) && file != ".";
}
