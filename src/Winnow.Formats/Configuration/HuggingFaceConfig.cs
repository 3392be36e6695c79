using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text.Json;
using Winnow.Formats.Storage;

namespace Winnow.Formats.Configuration;

/// <summary>A <c>config.json</c>, <c>generation_config.json</c> or a section of one, with getters that check type and range.</summary>
/// <remarks>
/// A key whose value is <c>null</c> counts as missing, because that is how these files say "not set". A getter without fallback
/// requires the key. Which default a missing key has differs by model family, so defaults are left to the caller.
/// </remarks>
public sealed class HuggingFaceConfig
{
    private const int MaxBytes = 16 << 20;
    private readonly string? _section;
    private readonly JsonElement _json;

    private HuggingFaceConfig(string path, string? section, JsonElement json)
    {
        Path = path;
        _section = section;
        _json = json;
    }

    /// <summary>The file, for messages.</summary>
    public string Path { get; }

    /// <summary>The keys of this section in the order of the file, those with <c>null</c> values included.</summary>
    public IReadOnlyList<string> Keys => [.. _json.EnumerateObject().Select(p => p.Name)];

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="ModelFormatException">The file is missing, a directory, over 16 MiB, or not one JSON object without repeated keys.</exception>
    public static HuggingFaceConfig Open(string path)
    {
        using ByteSource source = MappedByteSource.Open(path);
        if (source.Length > MaxBytes)
        {
            throw new ModelFormatException($"a configuration of more than {MaxBytes} bytes is not plausible; check the file", path);
        }

        var json = new byte[source.Length];
        source.Read(0, json);
        return Parse(json, path);
    }

    /// <summary>Reads JSON text.</summary>
    /// <param name="json">UTF-8 text.</param>
    /// <param name="path">The file it came from, for messages.</param>
    /// <exception cref="ModelFormatException">The text is not one JSON object without repeated keys.</exception>
    public static HuggingFaceConfig Parse(ReadOnlyMemory<byte> json, string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        json = json.Span.StartsWith("\uFEFF"u8) ? json[3..] : json;
        JsonText.CheckObject(json.Span, path);
        using JsonDocument document = JsonDocument.Parse(json);
        return new HuggingFaceConfig(path, null, document.RootElement.Clone());
    }

    /// <summary>Whether the key is there and not <c>null</c>.</summary>
    /// <param name="key">The key in this section.</param>
    public bool Has(string key) => TryGet(key, out _);

    /// <summary>A whole number that fits into 32 signed bits; <c>4096.0</c> counts as whole.</summary>
    /// <param name="key">The key in this section.</param>
    /// <param name="fallback">What a missing key means; null requires the key.</param>
    /// <exception cref="ModelFormatException">The key is missing, not a whole number, or out of range.</exception>
    public int GetInt32(string key, int? fallback = null)
    {
        if (!TryGet(key, out JsonElement value))
        {
            return fallback ?? throw Missing(key);
        }

        return TryGetInt32(value, out int number) ? number : throw Wrong(key, value, "a whole number of 32 bits");
    }

    /// <summary>A finite number.</summary>
    /// <param name="key">The key in this section.</param>
    /// <param name="fallback">What a missing key means; null requires the key.</param>
    /// <exception cref="ModelFormatException">The key is missing or not a finite number.</exception>
    public double GetDouble(string key, double? fallback = null)
    {
        if (!TryGet(key, out JsonElement value))
        {
            return fallback ?? throw Missing(key);
        }

        return TryGetDouble(value, out double number) ? number : throw Wrong(key, value, "a finite number");
    }

    /// <summary>A truth value.</summary>
    /// <param name="key">The key in this section.</param>
    /// <param name="fallback">What a missing key means; null requires the key.</param>
    /// <exception cref="ModelFormatException">The key is missing or neither true nor false.</exception>
    public bool GetBool(string key, bool? fallback = null)
    {
        if (!TryGet(key, out JsonElement value))
        {
            return fallback ?? throw Missing(key);
        }

        return value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Wrong(key, value, "true or false");
    }

    /// <summary>A string.</summary>
    /// <param name="key">The key in this section.</param>
    /// <param name="fallback">What a missing key means; null requires the key.</param>
    /// <exception cref="ModelFormatException">The key is missing or not a string.</exception>
    public string GetString(string key, string? fallback = null)
    {
        if (!TryGet(key, out JsonElement value))
        {
            return fallback ?? throw Missing(key);
        }

        return TryGetString(value, out string text) ? text : throw Wrong(key, value, "a string");
    }

    /// <summary>Whole numbers, from a list or from one number (as <c>eos_token_id</c> is written both ways).</summary>
    /// <param name="key">The key in this section.</param>
    /// <returns>The numbers; empty where the key is missing.</returns>
    /// <exception cref="ModelFormatException">The value is something else or a number is out of range.</exception>
    public IReadOnlyList<int> GetInt32List(string key) => List<int>(key, "a whole number of 32 bits, or a list of them", TryGetInt32);

    /// <summary>Finite numbers, from a list or from one number.</summary>
    /// <param name="key">The key in this section.</param>
    /// <returns>The numbers; empty where the key is missing.</returns>
    /// <exception cref="ModelFormatException">The value is something else.</exception>
    public IReadOnlyList<double> GetDoubleList(string key) => List<double>(key, "a number, or a list of them", TryGetDouble);

    /// <summary>Strings, from a list or from one string.</summary>
    /// <param name="key">The key in this section.</param>
    /// <returns>The strings; empty where the key is missing.</returns>
    /// <exception cref="ModelFormatException">The value is something else.</exception>
    public IReadOnlyList<string> GetStringList(string key) => List<string>(key, "a string, or a list of them", TryGetString);

    /// <summary>A nested object, such as <c>text_config</c> or <c>rope_scaling</c>.</summary>
    /// <param name="key">The key in this section.</param>
    /// <returns>The section, or null where the key is missing.</returns>
    /// <exception cref="ModelFormatException">The value is something else.</exception>
    public HuggingFaceConfig? GetSection(string key)
    {
        if (!TryGet(key, out JsonElement value))
        {
            return null;
        }

        return IsSection(key) ? new HuggingFaceConfig(Path, FullKey(key), value) : throw Wrong(key, value, "an object");
    }

    /// <summary>Whether the key holds a nested object (<c>rope_parameters</c> is flat in some files and per layer type in others).</summary>
    /// <param name="key">The key in this section.</param>
    public bool IsSection(string key) => TryGet(key, out JsonElement value) && value.ValueKind == JsonValueKind.Object;

    /// <summary>An error about a value of this section that the caller could not use, naming file and key.</summary>
    /// <param name="key">The key in this section.</param>
    /// <param name="message">What was wrong and what to do instead.</param>
    public ModelFormatException Error(string key, string message) => new(message, Path, null, FullKey(key));

    private static bool TryGetInt32(JsonElement value, out int number)
    {
        number = 0;
        if (value.ValueKind != JsonValueKind.Number)
        {
            return false;
        }

        if (value.TryGetInt32(out number))
        {
            return true;
        }

        bool whole = value.TryGetDouble(out double real) && Math.Floor(real) == real && Math.Abs(real) <= int.MaxValue;
        number = whole ? (int)real : 0;
        return whole;
    }

    private static bool TryGetDouble(JsonElement value, out double number)
    {
        number = 0;
        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out number) && double.IsFinite(number);
    }

    private static bool TryGetString(JsonElement value, out string text)
    {
        text = value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
        return value.ValueKind == JsonValueKind.String;
    }

    private List<T> List<T>(string key, string wanted, ElementGetter<T> getter)
    {
        var list = new List<T>();
        if (!TryGet(key, out JsonElement value))
        {
            return list;
        }

        bool isList = value.ValueKind == JsonValueKind.Array;
        IEnumerable<JsonElement> elements = isList ? value.EnumerateArray() : [value];
        foreach (JsonElement element in elements)
        {
            list.Add(getter(element, out T item) ? item : throw Wrong(key, element, wanted));
        }

        return list;
    }

    private bool TryGet(string key, out JsonElement value)
    {
        ArgumentNullException.ThrowIfNull(key);
        return _json.TryGetProperty(key, out value) && value.ValueKind != JsonValueKind.Null;
    }

    private string FullKey(string key) => _section is null ? key : $"{_section}.{key}";

    private ModelFormatException Missing(string key) =>
        Error(key, "the configuration lacks this key; it is incomplete or of another architecture than it says");

    private ModelFormatException Wrong(string key, JsonElement value, string wanted)
    {
        string raw = value.GetRawText();
        string shown = raw.Length <= 60 ? raw : string.Create(CultureInfo.InvariantCulture, $"{raw.AsSpan(0, 60)}...");
        return Error(key, $"must be {wanted}, but is {shown}; correct the configuration");
    }

    private delegate bool ElementGetter<T>(JsonElement element, out T item);
}
