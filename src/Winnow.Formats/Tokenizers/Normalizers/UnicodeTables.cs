using System;
using System.Collections.Generic;
using System.IO;

namespace Winnow.Formats.Tokenizers.Normalizers;

/// <summary>
/// What the normalization forms need to know of characters: combining classes and decompositions. The tables are the project's own (Unicode 15.1,
/// written by make_unicode_forms.py), because the runtime normalizes with ICU alone, which small machines and the C ABI go without.
/// </summary>
internal sealed class UnicodeTables
{
    private const int HangulBase = 0xAC00;
    private const int LeadBase = 0x1100;
    private const int VowelBase = 0x1161;
    private const int TailBase = 0x11A7;
    private const int Leads = 19;
    private const int Vowels = 21;
    private const int Tails = 28;

    private static readonly Lazy<UnicodeTables> Loaded = new(() => new UnicodeTables());

    private readonly byte[] _data;
    private readonly Dictionary<int, byte> _classes = [];
    private readonly Dictionary<int, Decomposition> _decompositions = [];
    private readonly Dictionary<(int First, int Second), int> _compositions = [];
    private readonly HashSet<int> _seconds = [];
    private int _position;

    private UnicodeTables()
    {
        using Stream source = typeof(UnicodeTables).Assembly.GetManifestResourceStream("UnicodeForms.bin")!;
        _data = new byte[source.Length];
        source.ReadExactly(_data);
        ReadClasses();
        ReadDecompositions();
    }

    public static UnicodeTables Instance => Loaded.Value;

    public static bool IsHangul(int code) => (uint)(code - HangulBase) < Leads * Vowels * Tails;

    /// <summary>Whether a code point may be the second or third letter of a Hangul syllable.</summary>
    public static bool IsHangulPart(int code) => (uint)(code - VowelBase) < Vowels || (code > TailBase && code < TailBase + Tails);

    /// <summary>The canonical combining class.</summary>
    public int ClassOf(int code) => code < 0x300 ? 0 : _classes.GetValueOrDefault(code);

    /// <summary>Whether a code point may change, or change others, where a text is brought to a form.</summary>
    public bool Matters(int code, bool compatibility, bool composes)
    {
        if (ClassOf(code) != 0 || (composes && (_seconds.Contains(code) || IsHangulPart(code))) || (!composes && IsHangul(code)))
        {
            return true;
        }

        return _decompositions.TryGetValue(code, out Decomposition found)
            && (found.IsCompatibility ? compatibility : !composes || !found.Composes || (compatibility && HasCompatibility(found)));
    }

    /// <summary>Adds what a code point is made of, down to the last part.</summary>
    public void Decompose(int code, bool compatibility, List<int> parts)
    {
        if (IsHangul(code))
        {
            int index = code - HangulBase;
            parts.Add(LeadBase + (index / (Vowels * Tails)));
            parts.Add(VowelBase + (index / Tails % Vowels));
            if (index % Tails != 0)
            {
                parts.Add(TailBase + (index % Tails));
            }
        }
        else if (_decompositions.TryGetValue(code, out Decomposition found) && (compatibility || !found.IsCompatibility))
        {
            foreach (int part in found.Parts)
            {
                Decompose(part, compatibility, parts);
            }
        }
        else
        {
            parts.Add(code);
        }
    }

    /// <summary>The one code point that two make together.</summary>
    public bool TryCompose(int first, int second, out int code)
    {
        int lead = first - LeadBase;
        int vowel = second - VowelBase;
        int tail = second - TailBase;
        if ((uint)lead < Leads && (uint)vowel < Vowels)
        {
            code = HangulBase + (((lead * Vowels) + vowel) * Tails);
            return true;
        }

        if (IsHangul(first) && (first - HangulBase) % Tails == 0 && tail is > 0 and < Tails)
        {
            code = first + tail;
            return true;
        }

        return _compositions.TryGetValue((first, second), out code);
    }

    private bool HasCompatibility(Decomposition decomposition)
    {
        foreach (int part in decomposition.Parts)
        {
            if (_decompositions.TryGetValue(part, out Decomposition inner) && (inner.IsCompatibility || HasCompatibility(inner)))
            {
                return true;
            }
        }

        return false;
    }

    private void ReadClasses()
    {
        int code = 0;
        for (int runs = Next(); runs > 0; runs--)
        {
            code += Next();
            int length = Next();
            byte combining = (byte)Next();
            for (; length > 0; length--)
            {
                _classes[code++] = combining;
            }
        }
    }

    private void ReadDecompositions()
    {
        int code = 0;
        int part = 0;
        for (int count = Next(); count > 0; count--)
        {
            code += Next();
            int flags = Next();
            int[] parts = new int[flags >> 2];
            for (int index = 0; index < parts.Length; index++)
            {
                int difference = Next();
                part += (difference & 1) == 0 ? difference >> 1 : -((difference + 1) >> 1);
                parts[index] = part;
            }

            var found = new Decomposition(parts, (flags & 1) != 0, (flags & 2) != 0);
            _decompositions[code] = found;
            if (found.Composes)
            {
                _compositions[(parts[0], parts[1])] = code;
                _seconds.Add(parts[1]);
            }
        }
    }

    private int Next()
    {
        int value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte next = _data[_position++];
            value |= (next & 127) << shift;
            if (next < 128)
            {
                return value;
            }
        }
    }

    // Composes: its two parts become it again where a form composes.
    private readonly record struct Decomposition(int[] Parts, bool IsCompatibility, bool Composes);
}
