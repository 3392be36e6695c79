using System;
using System.Collections.Generic;

namespace Winnow.Engine;

/// <summary>
/// Finds stop strings in text that arrives in pieces. Text that may still turn out to begin a stop string is held back, nothing else is;
/// of several stop strings the one that is complete first counts (then the one that begins first), so the pieces make no difference. Ordinal.
/// </summary>
internal sealed class StopStringMatcher
{
    private readonly string[] _stops;
    private string _held = "";

    /// <summary>A matcher for some texts.</summary>
    /// <exception cref="ArgumentException">One is empty.</exception>
    public StopStringMatcher(IReadOnlyList<string>? stops)
    {
        _stops = stops is null ? [] : [.. stops];
        foreach (string stop in _stops)
        {
            if (string.IsNullOrEmpty(stop))
            {
                throw new ArgumentException("A stop string must not be empty: it would end every text at once.", nameof(stops));
            }
        }
    }

    /// <summary>Takes a piece of text.</summary>
    /// <param name="text">The piece; it may be empty.</param>
    /// <param name="found">True when a stop string is complete; the matcher takes no more text then.</param>
    /// <returns>The text that is certain not to belong to a stop string.</returns>
    public string Append(string text, out bool found)
    {
        found = false;
        if (_stops.Length == 0 || text.Length == 0)
        {
            return text;
        }

        string pending = _held.Length == 0 ? text : _held + text;
        int first = FirstStop(pending);
        if (first >= 0)
        {
            found = true;
            _held = "";
            return pending[..first];
        }

        int keep = HeldLength(pending);
        _held = keep == 0 ? "" : pending[^keep..];
        return keep == 0 ? pending : pending[..^keep];
    }

    /// <summary>The text held back, for when no more comes.</summary>
    public string Flush()
    {
        string rest = _held;
        _held = "";
        return rest;
    }

    private int FirstStop(string pending)
    {
        int first = -1;
        int firstEnd = int.MaxValue;
        foreach (string stop in _stops)
        {
            int at = pending.IndexOf(stop, StringComparison.Ordinal);
            int end = at + stop.Length;
            if (at >= 0 && (end < firstEnd || (end == firstEnd && at < first)))
            {
                (first, firstEnd) = (at, end);
            }
        }

        return first;
    }

    private int HeldLength(string pending)
    {
        int longest = 0;
        foreach (string stop in _stops)
        {
            for (int length = Math.Min(stop.Length - 1, pending.Length); length > longest; length--)
            {
                if (pending.AsSpan().EndsWith(stop.AsSpan(0, length), StringComparison.Ordinal))
                {
                    longest = length;
                }
            }
        }

        return longest;
    }
}
