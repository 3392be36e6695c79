using System;
using System.Buffers.Binary;
using System.Text;

namespace Winnow.Formats.Tokenizers.Normalizers;

/// <summary>SentencePiece's compiled normalization rules: a double-array trie over UTF-8, and NUL-ended replacements.</summary>
/// <remarks>
/// At each place the longest rule that matches is applied, as SentencePiece does.
/// The array is that of Darts-clone (Yata): 32-bit units with an 8-bit label, a leaf flag and an offset or value.
/// </remarks>
internal sealed class CharsMap : Normalizer
{
    // Unicode's longest is 33 (U+FDFA). One letter may become this much, and not a gigabyte.
    private const int MostReplacementBytes = 1024;

    private readonly uint[] _units;
    private readonly byte[] _replacements;

    private CharsMap(uint[] units, byte[] replacements)
    {
        _units = units;
        _replacements = replacements;
    }

    /// <summary>Reads <c>u32 size | units | replacements</c>; null where the sizes do not fit, or a replacement is longer than one can be.</summary>
    public static CharsMap? TryRead(ReadOnlySpan<byte> blob)
    {
        if (blob.Length < 8)
        {
            return null;
        }

        uint size = BinaryPrimitives.ReadUInt32LittleEndian(blob);
        if (size < 4 || size % 4 != 0 || size > blob.Length - 4)
        {
            return null;
        }

        uint[] units = new uint[size / 4];
        for (int index = 0; index < units.Length; index++)
        {
            units[index] = BinaryPrimitives.ReadUInt32LittleEndian(blob[(4 + (4 * index))..]);
        }

        byte[] replacements = blob[(4 + (int)size)..].ToArray();
        for (int at = 0; at < replacements.Length; at++)
        {
            int end = Array.IndexOf(replacements, (byte)0, at);
            int length = (end < 0 ? replacements.Length : end) - at;
            if (length > MostReplacementBytes)
            {
                return null;
            }

            at += length;
        }

        return new CharsMap(units, replacements);
    }

    public override string Normalize(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        var result = new StringBuilder(text.Length);
        for (int at = 0; at < bytes.Length;)
        {
            int length = Match(bytes.AsSpan(at), out ReadOnlySpan<byte> replacement);
            if (length == 0)
            {
                length = Math.Min(Utf8.ScalarLength(bytes[at]), bytes.Length - at);
                replacement = bytes.AsSpan(at, length);
            }

            result.Append(Encoding.UTF8.GetString(replacement));
            at += length;
        }

        return result.ToString();
    }

    private int Match(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> replacement)
    {
        replacement = default;
        int found = 0;
        uint node = Offset(_units[0]);
        for (int at = 0; at < text.Length && text[at] != 0; at++)
        {
            node ^= text[at];
            if (node >= _units.Length || (_units[node] & 0x800000FFu) != text[at])
            {
                break;
            }

            uint unit = _units[node];
            node ^= Offset(unit);
            // A rule ends inside a character only in a damaged map.
            bool whole = at + 1 == text.Length || (text[at + 1] & 0xC0) != 0x80;
            if ((unit & 0x100) != 0 && whole && node < _units.Length && TryReplacement(_units[node] & 0x7FFFFFFF, ref replacement))
            {
                found = at + 1;
            }
        }

        return found;
    }

    private bool TryReplacement(uint start, ref ReadOnlySpan<byte> replacement)
    {
        if (start >= _replacements.Length)
        {
            return false;
        }

        ReadOnlySpan<byte> rest = _replacements.AsSpan((int)start);
        int end = rest.IndexOf((byte)0);
        replacement = end < 0 ? rest : rest[..end];
        return true;
    }

    private static uint Offset(uint unit) => (unit >> 10) << (int)((unit & 0x200) >> 6);
}
