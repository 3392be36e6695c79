using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Winnow.Formats.Tests.Fuzzing;

/// <summary>Makes damaged copies of small valid files; the same seed gives the same copies.</summary>
internal sealed class Mutator(int seed)
{
    private static readonly ulong[] Edges =
    [
        0, 1, 2, 3, 7, 8, 31, 32, 33, 63, 64, 255, 256, 65535, 65536, 1 << 20, int.MaxValue, 1UL << 31, uint.MaxValue, 1UL << 32,
        1UL << 40, (1UL << 60) - 1, 1UL << 61, 1UL << 62, long.MaxValue, 1UL << 63, ulong.MaxValue - 31, ulong.MaxValue - 1, ulong.MaxValue,
    ];

    private static readonly string[] Tokens =
    [
        "{", "}", "[", "]", "\"", ",", ":", "null", "true", "-", "-1", "0", "1.5", "1e999", "9223372036854775808", "[[[[[[", "{\"a\":",
        "\\ud800", "\\u0000", "\\", " ", "\"t\"", "\"dtype\"", "\"shape\"", "\"data_offsets\"", "\"__metadata__\"", "\"F4\"", "\"F64\"",
    ];

    private readonly Random _random = new(seed);

    /// <summary>One to four faults of the kinds that disks, networks, other writers and attackers make.</summary>
    public byte[] Mutate(byte[] valid, byte[] other, bool isText)
    {
        var bytes = new List<byte>(valid);
        for (int faults = 1 + _random.Next(4); faults > 0 && bytes.Count > 0; faults--)
        {
            MutateOnce(bytes, other, isText);
        }

        return [.. bytes];
    }

    public int Next(int bound) => _random.Next(bound);

    private void MutateOnce(List<byte> bytes, byte[] other, bool isText)
    {
        int at = _random.Next(bytes.Count);
        switch (_random.Next(isText ? 11 : 9))
        {
            case 0: bytes[at] ^= (byte)(1 << _random.Next(8)); break;
            case 1: bytes[at] = (byte)_random.Next(256); break;
            case 2: bytes.RemoveRange(at, bytes.Count - at); break;
            case 3: bytes.RemoveRange(at, Math.Min(1 + _random.Next(16), bytes.Count - at)); break;
            case 4: bytes.InsertRange(at, Piece(other)); break;
            case 5: Overwrite(bytes, at, Piece(other)); break;
            case 6: bytes.InsertRange(at, Piece([.. bytes])); break;
            case 7: Overwrite(bytes, at, BitConverter.GetBytes(Edge(bytes.Count))[..(_random.Next(2) == 0 ? 4 : 8)]); break;
            case 8: Nudge(bytes, at); break;
            case 9: bytes.InsertRange(at, Encoding.UTF8.GetBytes(Tokens[_random.Next(Tokens.Length)])); break;
            default: ReplaceNumber(bytes, at); break;
        }
    }

    private ulong Edge(int length) => _random.Next(4) == 0 ? (ulong)(length + _random.Next(-40, 40)) : Edges[_random.Next(Edges.Length)];

    private byte[] Piece(byte[] from)
    {
        int start = _random.Next(from.Length);
        return from[start..(start + Math.Min(1 + _random.Next(64), from.Length - start))];
    }

    private static void Overwrite(List<byte> bytes, int at, byte[] piece)
    {
        for (int i = 0; i < piece.Length && at + i < bytes.Count; i++)
        {
            bytes[at + i] = piece[i];
        }
    }

    // Lengths and types are small numbers: one more or less is the fault that most checks must find.
    private void Nudge(List<byte> bytes, int at)
    {
        while (at < bytes.Count && bytes[at] is 0 or > 40)
        {
            at++;
        }

        if (at < bytes.Count)
        {
            bytes[at] = (byte)(bytes[at] + _random.Next(-2, 3));
        }
    }

    private void ReplaceNumber(List<byte> bytes, int at)
    {
        while (at < bytes.Count && !char.IsAsciiDigit((char)bytes[at]))
        {
            at++;
        }

        int end = at;
        while (end < bytes.Count && char.IsAsciiDigit((char)bytes[end]))
        {
            end++;
        }

        bytes.RemoveRange(at, end - at);
        bytes.InsertRange(at, Encoding.UTF8.GetBytes(Edge(bytes.Count).ToString(CultureInfo.InvariantCulture)));
    }
}
