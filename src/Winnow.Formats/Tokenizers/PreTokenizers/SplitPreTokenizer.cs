using System.Collections.Generic;

namespace Winnow.Formats.Tokenizers.PreTokenizers;

/// <summary>Splits text by a pattern.</summary>
internal sealed class SplitPreTokenizer : PreTokenizer
{
    private readonly Scanner _pattern;
    private readonly SplitBehavior _behavior;
    private readonly bool _invert;

    /// <summary>Creates it; with <paramref name="invert"/> the text between the matches counts as the matches.</summary>
    public SplitPreTokenizer(Scanner pattern, SplitBehavior behavior, bool invert = false)
    {
        _pattern = pattern;
        _behavior = behavior;
        _invert = invert;
    }

    private readonly record struct Part(int Start, int End, bool IsMatch);

    public override void Split(Piece piece, List<Piece> pieces)
    {
        List<Part> parts = Find(piece);
        switch (_behavior)
        {
            case SplitBehavior.Removed:
                parts.RemoveAll(part => part.IsMatch);
                break;
            case SplitBehavior.Contiguous:
                JoinEqual(parts);
                break;
            case SplitBehavior.MergedWithPrevious:
                JoinMatches(parts, afterMatch: false);
                break;
            case SplitBehavior.MergedWithNext:
                JoinMatches(parts, afterMatch: true);
                break;
        }

        foreach (Part part in parts)
        {
            pieces.Add(piece.Slice(part.Start, part.End - part.Start));
        }
    }

    private List<Part> Find(Piece piece)
    {
        var parts = new List<Part>();
        int done = 0;
        int at = 0;
        while (at < piece.Length)
        {
            int length = _pattern.Match(piece.Span, at);
            if (length == 0)
            {
                _ = ScanText.At(piece.Span, at, out int step);
                at += step;
                continue;
            }

            if (at > done)
            {
                parts.Add(new Part(done, at, _invert));
            }

            parts.Add(new Part(at, at + length, !_invert));
            done = at += length;
        }

        if (done < piece.Length)
        {
            parts.Add(new Part(done, piece.Length, _invert));
        }

        return parts;
    }

    private static void JoinEqual(List<Part> parts)
    {
        int kept = 0;
        for (int index = 1; index < parts.Count; index++)
        {
            if (parts[index].IsMatch == parts[kept].IsMatch)
            {
                parts[kept] = parts[kept] with { End = parts[index].End };
            }
            else
            {
                parts[++kept] = parts[index];
            }
        }

        Truncate(parts, kept + 1);
    }

    // A match joins its neighbour on one side; of several matches in a row only the nearest does.
    private static void JoinMatches(List<Part> parts, bool afterMatch)
    {
        int kept = 0;
        for (int index = 1; index < parts.Count; index++)
        {
            bool join = afterMatch ? parts[index - 1].IsMatch && !parts[index].IsMatch : parts[index].IsMatch && !parts[index - 1].IsMatch;
            if (join)
            {
                parts[kept] = parts[kept] with { End = parts[index].End, IsMatch = parts[index].IsMatch };
            }
            else
            {
                parts[++kept] = parts[index];
            }
        }

        Truncate(parts, kept + 1);
    }

    private static void Truncate(List<Part> parts, int count)
    {
        if (parts.Count > count)
        {
            parts.RemoveRange(count, parts.Count - count);
        }
    }
}
