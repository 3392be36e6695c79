using System;
using System.Buffers;
using System.Collections.Generic;
using System.Text;

namespace Winnow.Formats.Tokenizers;

/// <summary>Finds added tokens in text: the leftmost match, and the longest of those that start there.</summary>
internal sealed class AddedTokenMatcher
{
    private const int Root = 0;

    private readonly Dictionary<long, int> _edges = [];
    private readonly List<int> _tokenAt = [-1];
    private readonly SearchValues<char> _firsts;
    private readonly IReadOnlyList<AddedToken> _tokens;

    public AddedTokenMatcher(IReadOnlyList<AddedToken> tokens)
    {
        _tokens = tokens;
        var firsts = new HashSet<char>();
        for (int index = 0; index < tokens.Count; index++)
        {
            if (tokens[index].Content.Length > 0)
            {
                firsts.Add(tokens[index].Content[0]);
                Insert(tokens[index].Content, index);
            }
        }

        _firsts = SearchValues.Create([.. firsts]);
    }

    /// <summary>A stretch of the text: an added token, or text between two (then <c>Id</c> is -1).</summary>
    public readonly record struct Segment(int Start, int Length, int Id);

    /// <summary>Appends the segments that cover <paramref name="text"/>; swallowed white space belongs to the token.</summary>
    public void Split(string text, List<Segment> segments)
    {
        int done = 0;
        int at = 0;
        for (int skip; (skip = text.AsSpan(at).IndexOfAny(_firsts)) >= 0;)
        {
            at += skip;
            int index = Longest(text, at);
            if (index < 0)
            {
                at++;
                continue;
            }

            AddedToken token = _tokens[index];
            int end = at + token.Content.Length;
            if (token.SingleWord && (EndsInWord(text.AsSpan(0, at)) || StartsWithWord(text.AsSpan(end))))
            {
                at = end;
                continue;
            }

            int start = token.LeftStrip ? TrimEnd(text, done, at) : at;
            end = token.RightStrip ? TrimStart(text, end) : end;
            if (start > done)
            {
                segments.Add(new Segment(done, start - done, -1));
            }

            segments.Add(new Segment(start, end - start, token.Id));
            done = at = end;
        }

        if (done < text.Length)
        {
            segments.Add(new Segment(done, text.Length - done, -1));
        }
    }

    private void Insert(string content, int index)
    {
        int node = Root;
        foreach (char letter in content)
        {
            long edge = ((long)node << 16) | letter;
            if (!_edges.TryGetValue(edge, out int next))
            {
                next = _tokenAt.Count;
                _tokenAt.Add(-1);
                _edges.Add(edge, next);
            }

            node = next;
        }

        _tokenAt[node] = index;
    }

    private int Longest(string text, int at)
    {
        int node = Root;
        int found = -1;
        while (at < text.Length && _edges.TryGetValue(((long)node << 16) | text[at], out node))
        {
            found = _tokenAt[node] >= 0 ? _tokenAt[node] : found;
            at++;
        }

        return found;
    }

    private static int TrimEnd(string text, int from, int end)
    {
        while (end > from && UnicodeClass.IsWhiteSpace(text[end - 1]))
        {
            end--;
        }

        return end;
    }

    private static int TrimStart(string text, int start)
    {
        while (start < text.Length && UnicodeClass.IsWhiteSpace(text[start]))
        {
            start++;
        }

        return start;
    }

    private static bool EndsInWord(ReadOnlySpan<char> text)
    {
        return Rune.DecodeLastFromUtf16(text, out Rune rune, out _) == OperationStatus.Done && UnicodeClass.IsWord(rune.Value);
    }

    private static bool StartsWithWord(ReadOnlySpan<char> text)
    {
        return Rune.DecodeFromUtf16(text, out Rune rune, out _) == OperationStatus.Done && UnicodeClass.IsWord(rune.Value);
    }
}
