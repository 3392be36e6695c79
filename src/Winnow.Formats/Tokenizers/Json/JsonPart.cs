using System;
using System.Collections.Generic;
using System.Text.Json;

namespace Winnow.Formats.Tokenizers.Json;

/// <summary>A value inside a JSON file that is not trusted, with the key path that error messages name.</summary>
internal readonly struct JsonPart
{
    private readonly JsonElement _element;
    private readonly string _key;
    private readonly string? _path;
    private readonly int _index;

    public JsonPart(JsonElement element, string key, string? path, int index = -1)
    {
        _element = element;
        _key = key;
        _path = path;
        _index = index;
    }

    /// <summary>Where the value is, such as <c>model.merges[3]</c>.</summary>
    public string Key => _index < 0 ? _key : $"{_key}[{_index}]";

    public JsonValueKind Kind => _element.ValueKind;

    /// <summary>Parses a whole file; the document must outlive its parts.</summary>
    public static JsonDocument ParseDocument(ReadOnlySpan<byte> json, string? path)
    {
        if (json.StartsWith("\uFEFF"u8))
        {
            json = json[3..];
        }

        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 64 });
            JsonDocument document = JsonDocument.ParseValue(ref reader);
            return document.RootElement.ValueKind == JsonValueKind.Object && !reader.Read() ? document
                : throw new ModelFormatException("is not a JSON object; download it again", path);
        }
        catch (JsonException exception)
        {
            throw new ModelFormatException(
                $"is not valid JSON ({exception.Message}); download it again", path, innerException: exception);
        }
    }

    public ModelFormatException Error(string message) => new(message, _path, key: Key);

    /// <summary>A member; false where it is absent or null.</summary>
    public bool TryGet(string name, out JsonPart part)
    {
        part = default;
        if (_element.ValueKind != JsonValueKind.Object)
        {
            return false;
        }

        try
        {
            bool found = _element.TryGetProperty(name, out JsonElement element) && element.ValueKind != JsonValueKind.Null;
            part = found ? new JsonPart(element, Join(name), _path) : default;
            return found;
        }
        catch (InvalidOperationException exception)
        {
            // A name beside the one looked for holds half a surrogate pair.
            throw BadName(exception);
        }
    }

    public JsonPart Get(string name)
    {
        return TryGet(name, out JsonPart part) ? part : throw new ModelFormatException("is missing", _path, key: Join(name));
    }

    public string Text()
    {
        if (_element.ValueKind != JsonValueKind.String)
        {
            throw Error($"must be a string, not {_element.ValueKind}");
        }

        try
        {
            return _element.GetString()!;
        }
        catch (InvalidOperationException exception)
        {
            throw new ModelFormatException("is not valid Unicode text", _path, key: Key, innerException: exception);
        }
    }

    public string Text(string name) => Get(name).Text();

    public string? OptionalText(string name) => TryGet(name, out JsonPart part) ? part.Text() : null;

    public bool Flag(string name, bool absent)
    {
        if (!TryGet(name, out JsonPart part))
        {
            return absent;
        }

        return part.Kind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw part.Error($"must be true or false, not {part.Kind}"),
        };
    }

    public long Integer()
    {
        return _element.ValueKind == JsonValueKind.Number && _element.TryGetInt64(out long value) ? value
            : throw Error("must be a whole number");
    }

    public int Count(string name, int absent)
    {
        if (!TryGet(name, out JsonPart part))
        {
            return absent;
        }

        long value = part.Integer();
        return value is >= 0 and <= int.MaxValue ? (int)value : throw part.Error($"must be 0 or larger, not {value}");
    }

    public double Number()
    {
        return _element.ValueKind == JsonValueKind.Number && _element.TryGetDouble(out double value) && double.IsFinite(value)
            ? value : throw Error("must be a finite number");
    }

    /// <summary>The items of an array, with their index in the key.</summary>
    public List<JsonPart> Items()
    {
        if (_element.ValueKind != JsonValueKind.Array)
        {
            throw Error($"must be an array, not {_element.ValueKind}");
        }

        string key = Key;
        var items = new List<JsonPart>(_element.GetArrayLength());
        foreach (JsonElement element in _element.EnumerateArray())
        {
            items.Add(new JsonPart(element, key, _path, items.Count));
        }

        return items;
    }

    /// <summary>The members of an object in file order; all share this value's key, so that large objects stay cheap.</summary>
    public IEnumerable<(string Name, JsonPart Value)> Members()
    {
        if (_element.ValueKind != JsonValueKind.Object)
        {
            throw Error($"must be an object, not {_element.ValueKind}");
        }

        string key = Key;
        foreach (JsonProperty property in _element.EnumerateObject())
        {
            yield return (Name(property), new JsonPart(property.Value, key, _path));
        }
    }

    private string Name(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException exception)
        {
            throw BadName(exception);
        }
    }

    private ModelFormatException BadName(InvalidOperationException exception)
    {
        return new ModelFormatException("has a name that is not valid Unicode text", _path, key: Key, innerException: exception);
    }

    private string Join(string name) => Key.Length == 0 ? name : $"{Key}.{name}";
}
