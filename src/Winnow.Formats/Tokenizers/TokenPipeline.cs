using System.Collections.Generic;
using System.Linq;
using System.Text;
using Winnow.Formats.Templates;
using Winnow.Formats.Tokenizers.Models;
using Winnow.Formats.Tokenizers.Normalizers;
using Winnow.Formats.Tokenizers.PreTokenizers;

namespace Winnow.Formats.Tokenizers;

/// <summary>From text to ids: added tokens, normalizer, pre-tokenizer, model. Immutable.</summary>
internal sealed class TokenPipeline
{
    private readonly AddedTokenMatcher _special;
    private readonly AddedTokenMatcher _rawAll;
    private readonly AddedTokenMatcher _rawPlain;
    private readonly AddedTokenMatcher _normalizedAll;
    private readonly AddedTokenMatcher _normalizedPlain;
    private readonly Normalizer? _normalizer;
    private readonly PreTokenizer? _preTokenizer;
    private readonly TokenModel _model;

    public TokenPipeline(
        IReadOnlyList<AddedToken> added, Normalizer? normalizer, PreTokenizer? preTokenizer, TokenModel model)
    {
        _normalizer = normalizer;
        _preTokenizer = preTokenizer;
        _model = model;
        _special = new AddedTokenMatcher([.. added.Where(token => token.Special)]);
        _rawAll = Matcher(added, normalized: false, special: true);
        _rawPlain = Matcher(added, normalized: false, special: false);
        _normalizedAll = Matcher(added, normalized: true, special: true);
        _normalizedPlain = Matcher(added, normalized: true, special: false);
    }

    /// <summary>Appends the ids of <paramref name="text"/>; special tokens in it count only with <paramref name="parseSpecial"/>.</summary>
    public void Encode(string text, bool parseSpecial, List<int> ids) => Encode(text, parseSpecial, true, ids);

    /// <summary>
    /// Appends the ids of a rendered template. Its special tokens are found first; what lies between two of them is one piece of
    /// plain text, so a border between template and message in the middle of a word changes nothing.
    /// </summary>
    public void Encode(IReadOnlyList<ChatTemplateSegment> segments, List<int> ids)
    {
        var plain = new StringBuilder();
        var stretches = new List<AddedTokenMatcher.Segment>();
        int before = ids.Count;
        foreach (ChatTemplateSegment segment in segments)
        {
            stretches.Clear();
            if (segment.IsMessage)
            {
                stretches.Add(new AddedTokenMatcher.Segment(0, segment.Text.Length, -1));
            }
            else
            {
                _special.Split(segment.Text, stretches);
            }

            foreach (AddedTokenMatcher.Segment stretch in stretches)
            {
                if (stretch.Id < 0)
                {
                    plain.Append(segment.Text, stretch.Start, stretch.Length);
                    continue;
                }

                Encode(plain.ToString(), false, ids.Count == before, ids);
                plain.Clear();
                ids.Add(stretch.Id);
            }
        }

        Encode(plain.ToString(), false, ids.Count == before, ids);
    }

    private void Encode(string text, bool parseSpecial, bool first, List<int> ids)
    {
        text = Repair(text);
        var segments = new List<AddedTokenMatcher.Segment>();
        (parseSpecial ? _rawAll : _rawPlain).Split(text, segments);
        var inner = new List<AddedTokenMatcher.Segment>();
        var pieces = new List<Piece>();
        foreach (AddedTokenMatcher.Segment segment in segments)
        {
            if (segment.Id >= 0)
            {
                ids.Add(segment.Id);
                continue;
            }

            string part = segment.Length == text.Length ? text : text.Substring(segment.Start, segment.Length);
            string normalized = _normalizer is null ? part : _normalizer.Normalize(part);
            inner.Clear();
            (parseSpecial ? _normalizedAll : _normalizedPlain).Split(normalized, inner);
            foreach (AddedTokenMatcher.Segment stretch in inner)
            {
                EncodeStretch(normalized, stretch, first && segment.Start == 0, pieces, ids);
            }
        }
    }

    private void EncodeStretch(
        string text, AddedTokenMatcher.Segment stretch, bool first, List<Piece> pieces, List<int> ids)
    {
        if (stretch.Id >= 0)
        {
            ids.Add(stretch.Id);
            return;
        }

        var whole = new Piece(text, stretch.Start, stretch.Length, first && stretch.Start == 0);
        if (_preTokenizer is null)
        {
            _model.Encode(whole.Span, ids);
            return;
        }

        pieces.Clear();
        _preTokenizer.Split(whole, pieces);
        foreach (Piece piece in pieces)
        {
            _model.Encode(piece.Span, ids);
        }
    }

    private AddedTokenMatcher Matcher(IReadOnlyList<AddedToken> added, bool normalized, bool special)
    {
        var chosen = new List<AddedToken>();
        foreach (AddedToken token in added)
        {
            if (token.Normalized == normalized && (special || !token.Special))
            {
                // A token of normalized text is spelled as the normalizer leaves it.
                bool rewrite = normalized && _normalizer is not null;
                chosen.Add(rewrite ? token with { Content = _normalizer!.Normalize(token.Content) } : token);
            }
        }

        return new AddedTokenMatcher(chosen);
    }

    // Half surrogate pairs have no UTF-8; everything below may rely on whole ones.
    private static string Repair(string text)
    {
        for (int index = 0; index < text.Length; index++)
        {
            if (!char.IsSurrogate(text[index]))
            {
                continue;
            }

            if (index + 1 == text.Length || !char.IsSurrogatePair(text[index], text[index + 1]))
            {
                return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
            }

            index++;
        }

        return text;
    }
}
