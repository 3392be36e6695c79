using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using System.Text.Json;

namespace Winnow.Native;

/// <summary>An object of options as JSON: unknown and repeated keys are errors, null and absence mean the default.</summary>
internal sealed class JsonOptions
{
    private readonly Dictionary<string, JsonElement> _values = new(StringComparer.Ordinal);

    /// <summary>What the names of options begin with in messages: nothing, or the option that holds these.</summary>
    private readonly string _path = "";

    /// <summary>Reads the object.</summary>
    /// <param name="json">Empty for no options.</param>
    /// <param name="known">The keys there are.</param>
    /// <exception cref="ArgumentException">It is not an object, or a key is unknown or twice there.</exception>
    public JsonOptions(string json, params string[] known)
    {
        if (json.Length > 0)
        {
            Add("options", Parse(json, "options"), known);
        }
    }

    private JsonOptions(string key, JsonElement root, string[] known)
    {
        Name = key;
        _path = key + ".";
        Add($"The option '{key}'", root, known);
    }

    /// <summary>What the option that holds these is called; empty where none does.</summary>
    public string Name { get; } = "";

    /// <summary>Reads JSON of any kind.</summary>
    /// <exception cref="ArgumentException">It is not JSON.</exception>
    public static JsonElement Parse(string json, string name)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            RequireWholeTexts(json);
            return document.RootElement.Clone();
        }
        catch (InvalidOperationException exception)
        {
            throw new ArgumentException($"{name} is not JSON: {exception.Message}");
        }
        catch (JsonException exception)
        {
            throw new ArgumentException($"{name} is not JSON: {exception.Message}");
        }
    }

    /// <summary>Half of a surrogate pair, "\\ud800", would be found only when its text is asked for.</summary>
    private static void RequireWholeTexts(string json)
    {
        Utf8JsonReader reader = new(Encoding.UTF8.GetBytes(json));
        while (reader.Read())
        {
            _ = reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName ? reader.GetString() : "";
        }
    }

    public int? Int32(string key) => Find(key) is { } value
        ? value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) ? number : throw Wrong(key, "an integer", value)
        : null;

    public long? Int64(string key) => Find(key) is { } value
        ? value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number) ? number : throw Wrong(key, "an integer", value)
        : null;

    public ulong? UInt64(string key) => Find(key) is { } value
        ? value.ValueKind == JsonValueKind.Number && value.TryGetUInt64(out ulong number) ? number : throw Wrong(key, "an integer of 0 or more", value)
        : null;

    public float? Single(string key) => Find(key) is { } value ? Number(key, value) : null;

    public bool? Boolean(string key) => Find(key) is { } value
        ? value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Wrong(key, "true or false", value)
        : null;

    public string? Text(string key) => Find(key) is { } value
        ? value.ValueKind == JsonValueKind.String ? value.GetString() : throw Wrong(key, "a string", value)
        : null;

    /// <summary>One of a set of names.</summary>
    public T? Choice<T>(string key, params (string Name, T Value)[] choices)
        where T : struct
    {
        string? name = Text(key);
        int index = Array.FindIndex(choices, choice => choice.Name == name);
        return name is null ? null : index >= 0 ? choices[index].Value : throw new ArgumentException(
            $"The option '{_path}{key}' must be one of {string.Join(", ", choices.Select(choice => choice.Name))}, not '{name}'.");
    }

    public string[]? Texts(string key) => Find(key) is { } value
        ? value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String)
            ? [.. value.EnumerateArray().Select(item => item.GetString()!)]
            : throw Wrong(key, "an array of strings", value)
        : null;

    public int[]? Integers(string key) => Find(key) is { } value
        ? value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out _))
            ? [.. value.EnumerateArray().Select(item => item.GetInt32())]
            : throw Wrong(key, "an array of integers", value)
        : null;

    /// <summary>An object from token to number, such as <c>{"12": -1.5, "13": "-inf"}</c>.</summary>
    public Dictionary<int, float>? Biases(string key)
    {
        if (Find(key) is not { } value)
        {
            return null;
        }

        Dictionary<int, float> biases = [];
        foreach (JsonProperty property in value.ValueKind == JsonValueKind.Object ? value.EnumerateObject() : throw Wrong(key, "an object", value))
        {
            bool isToken = int.TryParse(property.Name, NumberStyles.None, CultureInfo.InvariantCulture, out int token);
            float bias = property.Value.ValueKind == JsonValueKind.String && property.Value.GetString() == "-inf"
                ? float.NegativeInfinity
                : Number(key, property.Value);
            if (!isToken || !biases.TryAdd(token, bias))
            {
                throw new ArgumentException($"The option '{_path}{key}' must have each token's number once as a key, not '{property.Name}'.");
            }
        }

        return biases;
    }

    /// <summary>An object of options of its own.</summary>
    public JsonOptions? Object(string key, params string[] known) => Find(key) is { } value ? new JsonOptions(_path + key, value, known) : null;

    /// <summary>An array of such objects.</summary>
    public JsonOptions[]? Objects(string key, params string[] known) => Find(key) is { } value
        ? value.ValueKind == JsonValueKind.Array
            ? [.. value.EnumerateArray().Select((item, index) => new JsonOptions($"{_path}{key}[{index}]", item, known))]
            : throw Wrong(key, "an array of objects", value)
        : null;

    /// <summary>A number or a string, as it is written.</summary>
    public string? Written(string key) => Find(key) is { } value
        ? value.ValueKind is JsonValueKind.Number or JsonValueKind.String ? WrittenAs(value) : throw Wrong(key, "a number or a string", value)
        : null;

    /// <summary>An object of values as they are written; of an array of integers, those with / between them.</summary>
    public Dictionary<string, string> Values(string key)
    {
        Dictionary<string, string> values = new(StringComparer.Ordinal);
        if (Find(key) is not { } root)
        {
            return values;
        }

        foreach (JsonProperty property in root.ValueKind == JsonValueKind.Object ? root.EnumerateObject() : throw Wrong(key, "an object", root))
        {
            if (property.Value.ValueKind != JsonValueKind.Null && !values.TryAdd(property.Name, WrittenAs(property.Value)))
            {
                throw new ArgumentException($"The option '{_path}{key}.{property.Name}' is there twice.");
            }
        }

        return values;
    }

    private static string WrittenAs(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        JsonValueKind.Array => string.Join('/', value.EnumerateArray().Select(item => item.GetRawText())),
        _ => value.GetRawText(),
    };

    private void Add(string name, JsonElement root, string[] known)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new ArgumentException(name + " must be a JSON object, such as {\"" + known[0] + "\": ...}.");
        }

        foreach (JsonProperty property in root.EnumerateObject())
        {
            if (!known.Contains(property.Name, StringComparer.Ordinal))
            {
                throw new ArgumentException($"There is no option '{_path}{property.Name}'. Known: {string.Join(", ", known)}.");
            }

            if (!_values.TryAdd(property.Name, property.Value))
            {
                throw new ArgumentException($"The option '{_path}{property.Name}' is there twice.");
            }
        }
    }

    private float Number(string key, JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetSingle(out float number) && float.IsFinite(number) ? number : throw Wrong(key, "a number", value);

    private ArgumentException Wrong(string key, string expected, JsonElement value) =>
        new($"The option '{_path}{key}' must be {expected}, not {value.GetRawText()}.");

    private JsonElement? Find(string key) => _values.TryGetValue(key, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;
}
