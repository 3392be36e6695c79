using System;
using System.Text;
using System.Text.Json;
using Winnow.Formats.Tokenizers;

namespace Winnow.Formats.Tests.Tokenizers;

/// <summary>Writes small tokenizer.json files by hand.</summary>
internal static class TestTokenizers
{
    /// <summary>A file of the given parts; each is JSON.</summary>
    public static string Json(
        string model, string normalizer = "null", string preTokenizer = "null", string decoder = "null", string added = "[]", string post = "null")
    {
        return $$"""
            {"version":"1.0","truncation":null,"padding":null,"added_tokens":{{added}},"normalizer":{{normalizer}},
             "pre_tokenizer":{{preTokenizer}},"post_processor":{{post}},"decoder":{{decoder}},"model":{{model}}}
            """;
    }

    public static Tokenizer Parse(
        string model, string normalizer = "null", string preTokenizer = "null", string decoder = "null", string added = "[]", string post = "null",
        TokenizerOptions? options = null)
    {
        return Tokenizer.Parse(Encoding.UTF8.GetBytes(Json(model, normalizer, preTokenizer, decoder, added, post)), options);
    }

    /// <summary>A BPE model over the tokens in order; merges are "a b" strings.</summary>
    public static string Bpe(string[] tokens, string[] merges, string more = "")
    {
        return $$"""{"type":"BPE","vocab":{{Vocabulary(tokens)}},"merges":[{{Quoted(merges)}}]{{more}}}""";
    }

    /// <summary>A vocabulary object: ids in order.</summary>
    public static string Vocabulary(params string[] tokens)
    {
        var text = new StringBuilder("{");
        for (int id = 0; id < tokens.Length; id++)
        {
            text.Append(id == 0 ? "" : ",").Append(Quote(tokens[id])).Append(':').Append(id);
        }

        return text.Append('}').ToString();
    }

    /// <summary>An added token.</summary>
    public static string Added(int id, string content, bool special = false, string more = "")
    {
        return $$"""{"id":{{id}},"content":{{Quote(content)}},"special":{{(special ? "true" : "false")}}{{more}}}""";
    }

    public static string Quote(string text) => "\"" + JsonEncodedText.Encode(text) + "\"";

    /// <summary>The 256 byte tokens <c>&lt;0x00&gt;</c> to <c>&lt;0xFF&gt;</c>.</summary>
    public static string[] ByteTokens()
    {
        string[] tokens = new string[256];
        for (int value = 0; value < 256; value++)
        {
            tokens[value] = $"<0x{value:X2}>";
        }

        return tokens;
    }

    /// <summary>The 256 letters of the byte alphabet, by the published rule.</summary>
    public static string[] ByteLetters()
    {
        string[] letters = new string[256];
        int next = 256;
        for (int value = 0; value < 256; value++)
        {
            bool visible = value is (>= 33 and <= 126) or (>= 161 and <= 172) or (>= 174 and <= 255);
            letters[value] = ((char)(visible ? value : next++)).ToString();
        }

        return letters;
    }

    private static string Quoted(string[] texts) => string.Join(",", Array.ConvertAll(texts, Quote));
}
