using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Linq;
using System.Text;
using System.Text.Unicode;

namespace Winnow.Formats.Gguf;

/// <summary>The key-value pairs of a GGUF file, with getters that check type and range.</summary>
/// <remarks>
/// A getter without fallback requires the key. A key that is there with another type is an error even when a fallback is given.
/// Converters disagree about integer types, so the integer getters accept all of them and check the range.
/// </remarks>
public sealed class GgufMetadata
{
    private readonly string _path;
    private readonly Dictionary<string, GgufValue> _values;

    internal GgufMetadata(string path, IReadOnlyList<KeyValuePair<string, GgufValue>> entries)
    {
        _path = path;
        Entries = entries;
        _values = new Dictionary<string, GgufValue>(entries, StringComparer.Ordinal);
    }

    /// <summary>All pairs in the order of the file.</summary>
    public IReadOnlyList<KeyValuePair<string, GgufValue>> Entries { get; }

    /// <summary>Whether the key is there.</summary>
    /// <param name="key">The full key.</param>
    public bool Has(string key) => _values.ContainsKey(key);

    /// <summary>Finds a value.</summary>
    /// <param name="key">The full key.</param>
    /// <param name="value">The value, or null.</param>
    /// <returns>Whether the key is there.</returns>
    public bool TryGet(string key, [NotNullWhen(true)] out GgufValue? value) => _values.TryGetValue(key, out value);

    /// <summary>A value that must be there.</summary>
    /// <param name="key">The full key.</param>
    /// <exception cref="ModelFormatException">The key is missing.</exception>
    public GgufValue Get(string key) => TryGet(key, out GgufValue? value) ? value : throw new ModelFormatException(
        "the metadata lack this key; the model is incomplete or of another architecture than it says", _path, null, key);

    /// <summary>An integer of any stored type that fits into 32 signed bits.</summary>
    /// <param name="key">The full key.</param>
    /// <param name="fallback">What a missing key means; null requires the key.</param>
    /// <exception cref="ModelFormatException">The key is missing, not an integer, or out of range.</exception>
    public int GetInt32(string key, int? fallback = null)
    {
        long value = GetInt64(key, fallback);
        return value is >= int.MinValue and <= int.MaxValue ? (int)value : throw Wrong(key, "an integer of 32 bits");
    }

    /// <summary>An integer of any stored type that fits into 64 signed bits.</summary>
    /// <param name="key">The full key.</param>
    /// <param name="fallback">What a missing key means; null requires the key.</param>
    /// <exception cref="ModelFormatException">The key is missing, not an integer, or out of range.</exception>
    public long GetInt64(string key, long? fallback = null)
    {
        if (fallback is { } value && !Has(key))
        {
            return value;
        }

        GgufValue found = Scalar(key, "an integer");
        return found.TryGetInteger(0, out long integer) ? integer : throw Wrong(key, "an integer of 64 bits");
    }

    /// <summary>A number; integers are converted.</summary>
    /// <param name="key">The full key.</param>
    /// <param name="fallback">What a missing key means; null requires the key.</param>
    /// <exception cref="ModelFormatException">The key is missing or not a number.</exception>
    public double GetDouble(string key, double? fallback = null)
    {
        if (fallback is { } value && !Has(key))
        {
            return value;
        }

        GgufValue found = Scalar(key, "a number");
        return found.TryGetNumber(0, out double number) ? number : throw Wrong(key, "a number");
    }

    /// <summary>A truth value.</summary>
    /// <param name="key">The full key.</param>
    /// <param name="fallback">What a missing key means; null requires the key.</param>
    /// <exception cref="ModelFormatException">The key is missing or not a truth value.</exception>
    public bool GetBool(string key, bool? fallback = null)
    {
        if (fallback is { } value && !Has(key))
        {
            return value;
        }

        GgufValue found = Scalar(key, "true or false");
        return found.TryGetBool(0, out bool truth) ? truth : throw Wrong(key, "true or false");
    }

    /// <summary>A string, which must be valid UTF-8.</summary>
    /// <param name="key">The full key.</param>
    /// <param name="fallback">What a missing key means; null requires the key.</param>
    /// <exception cref="ModelFormatException">The key is missing, not a string or not valid UTF-8.</exception>
    public string GetString(string key, string? fallback = null)
    {
        if (fallback is not null && !Has(key))
        {
            return fallback;
        }

        GgufValue found = Scalar(key, "a string");
        return found.TryGetUtf8(0, out ReadOnlyMemory<byte> utf8) && Utf8.IsValid(utf8.Span)
            ? Encoding.UTF8.GetString(utf8.Span)
            : throw Wrong(key, "a string in UTF-8");
    }

    /// <summary>An array of strings as the bytes of the file: tokens need not be valid UTF-8.</summary>
    /// <param name="key">The full key.</param>
    /// <exception cref="ModelFormatException">The key is missing or not an array of strings.</exception>
    public ReadOnlyMemory<byte>[] GetUtf8List(string key) =>
        List(key, "an array of strings", static (GgufValue v, int i, out ReadOnlyMemory<byte> x) => v.TryGetUtf8(i, out x));

    /// <summary>An array of integers of any stored type that fit into 32 signed bits.</summary>
    /// <param name="key">The full key.</param>
    /// <exception cref="ModelFormatException">The key is missing, not an array of integers, or one is out of range.</exception>
    public int[] GetInt32List(string key) => List<int>(key, "an array of 32-bit integers", TryGetInt32);

    /// <summary>An array of truth values.</summary>
    /// <param name="key">The full key.</param>
    /// <exception cref="ModelFormatException">The key is missing or not an array of truth values.</exception>
    public bool[] GetBoolList(string key) =>
        List(key, "an array of truth values", static (GgufValue v, int i, out bool x) => v.TryGetBool(i, out x));

    /// <summary>An array of numbers as 32-bit floats; integers and doubles are converted.</summary>
    /// <param name="key">The full key.</param>
    /// <exception cref="ModelFormatException">The key is missing or not an array of numbers.</exception>
    public float[] GetSingleList(string key) =>
        List(key, "an array of numbers", static (GgufValue v, int i, out float x) =>
        {
            bool isNumber = v.TryGetNumber(i, out double number);
            x = (float)number;
            return isNumber;
        });

    /// <summary>One integer per layer, from a key that holds either an array of that length or one value for all layers.</summary>
    /// <param name="key">The full key.</param>
    /// <param name="layers">The number of layers, at least 1.</param>
    /// <param name="fallback">What a missing key means for every layer; null requires the key.</param>
    /// <exception cref="ModelFormatException">The key is missing, not of integers, out of range, or of another length.</exception>
    public int[] GetInt32PerLayer(string key, int layers, int? fallback = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(layers, 1);
        if (!TryGet(key, out GgufValue? value) || !value.IsArray)
        {
            int all = GetInt32(key, fallback);
            return [.. Enumerable.Repeat(all, layers)];
        }

        return value.Count == layers ? GetInt32List(key) : throw Wrong(key, $"one value or {layers}, as many as there are layers");
    }

    private static bool TryGetInt32(GgufValue value, int index, out int integer)
    {
        bool isInteger = value.TryGetInteger(index, out long wide);
        integer = (int)wide;
        return isInteger && wide == integer;
    }

    private GgufValue Scalar(string key, string wanted)
    {
        GgufValue value = Get(key);
        return value.IsArray ? throw Wrong(key, wanted) : value;
    }

    private T[] List<T>(string key, string wanted, ElementGetter<T> getter)
    {
        GgufValue value = Get(key);
        if (!value.IsArray)
        {
            throw Wrong(key, wanted);
        }

        var list = new T[value.Count];
        for (int i = 0; i < list.Length; i++)
        {
            if (!getter(value, i, out list[i]))
            {
                throw Wrong(key, wanted);
            }
        }

        return list;
    }

    private ModelFormatException Wrong(string key, string wanted)
    {
        GgufValue value = _values[key];
        string type = value.IsArray ? string.Create(CultureInfo.InvariantCulture, $"array of {value.Count} {value.ElementType}") : $"{value.Type}";
        return new ModelFormatException($"must be {wanted}, but is {type} {value}; convert the model again", _path, null, key);
    }

    private delegate bool ElementGetter<T>(GgufValue value, int index, out T element);
}
