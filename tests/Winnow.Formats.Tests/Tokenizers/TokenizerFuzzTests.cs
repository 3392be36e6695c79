using System;
using System.Linq;
using System.Text;
using NUnit.Framework;
using Winnow.Formats.Tokenizers;

namespace Winnow.Formats.Tests.Tokenizers;

/// <summary>Mutants of small valid vocabularies either load and work, or are refused with the one exception meant for it.</summary>
public sealed class TokenizerFuzzTests
{
    private const string Text = "a b\u00E9 <s>ab \U0001F642 it's 123\n\n ba";

    private static readonly string[] Inserts =
    [
        "\"", "{", "}", "[", "]", ",", ":", "null", "true", "-1", "4294967296", "1e300", "\\ud800", "\\u0000", "{}", "[]", "\"Sequence\"",
        "\"ByteLevel\"", "\"Metaspace\"", "\"NFKC\"", "\"Unigram\"", "\"WordPiece\"", "\"BPE\"",
    ];

    [TestCase(0, 1500)]
    [TestCase(1, 1500)]
    [TestCase(2, 1500)]
    public void Parse_MutantsLoadOrAreRefused(int source, int count)
    {
        byte[] valid = Encoding.UTF8.GetBytes(Source(source));
        AssertWorks(Tokenizer.Parse(valid));
        var random = new Random(1 + source);
        int loaded = 0;
        for (int trial = 0; trial < count; trial++)
        {
            byte[] mutant = Mutate(random, valid);
            try
            {
                AssertWorks(Tokenizer.Parse(mutant));
                loaded++;
            }
            catch (ModelFormatException exception)
            {
                Assert.That(exception.Message, Is.Not.Empty);
            }
            catch (Exception exception) when (exception is not AssertionException)
            {
                Assert.Fail($"mutant {trial}: {exception}\n{Encoding.UTF8.GetString(mutant)}");
            }
        }

        Assert.That(loaded, Is.GreaterThan(count / 100), "mutants that load exercise encoding too");
    }

    [TestCase("llama")]
    [TestCase("gpt2")]
    [TestCase("bert")]
    [TestCase("t5")]
    public void FromGguf_MutantsLoadOrAreRefused(string model)
    {
        GgufVocabulary valid = Vocabulary(model);
        AssertWorks(Tokenizer.FromGguf(valid));
        var random = new Random(1);
        for (int trial = 0; trial < 400; trial++)
        {
            GgufVocabulary mutant = valid;
            for (int change = random.Next(1, 4); change > 0; change--)
            {
                mutant = Mutate(random, mutant);
            }

            try
            {
                AssertWorks(Tokenizer.FromGguf(mutant));
            }
            catch (ModelFormatException exception)
            {
                Assert.That(exception.Key, Does.StartWith("tokenizer.ggml.").Or.EqualTo("vocab"));
            }
        }
    }

    private static void AssertWorks(Tokenizer tokenizer)
    {
        int[] ids = tokenizer.Encode(Text, addSpecial: true, parseSpecial: true);
        Assert.That(ids, Has.All.InRange(0, tokenizer.VocabularySize - 1));
        _ = tokenizer.Encode(Text);
        _ = tokenizer.Decode(ids, skipSpecial: false);
        foreach (int id in ids)
        {
            _ = tokenizer.TokenBytes(id);
        }
    }

    private static byte[] Mutate(Random random, byte[] valid)
    {
        byte[] mutant = [.. valid];
        for (int change = random.Next(1, 4); change > 0; change--)
        {
            int at = random.Next(mutant.Length);
            switch (random.Next(5))
            {
                case 0:
                    mutant[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    mutant[at] = (byte)random.Next(256);
                    break;
                case 2:
                    int length = Math.Min(random.Next(1, 30), mutant.Length - at);
                    mutant = [.. mutant[..at], .. mutant[(at + length)..], (byte)' '];
                    break;
                case 3:
                    byte[] insert = Encoding.UTF8.GetBytes(Inserts[random.Next(Inserts.Length)]);
                    mutant = [.. mutant[..at], .. insert, .. mutant[at..]];
                    break;
                default:
                    // A number or string in place of another one keeps the JSON valid more often.
                    int digit = Array.FindIndex(mutant, at, value => value is >= (byte)'0' and <= (byte)'9');
                    mutant[digit < 0 ? at : digit] = (byte)('0' + random.Next(10));
                    break;
            }
        }

        return mutant;
    }

    private static GgufVocabulary Mutate(Random random, GgufVocabulary source)
    {
        int id = random.Next(source.Tokens.Count);
        int odd = new[] { -1, 0, 3, 7, source.Tokens.Count, int.MaxValue, int.MinValue }[random.Next(7)];
        byte[] bytes = new byte[random.Next(6)];
        random.NextBytes(bytes);
        return random.Next(14) switch
        {
            0 => source with { Tokens = Replace(source.Tokens, id, bytes) },
            1 => source with { Tokens = Replace(source.Tokens, id, source.Tokens[random.Next(source.Tokens.Count)]) },
            2 => source with { Tokens = source.Tokens.Take(id).ToArray() },
            3 => source with { Scores = Replace(source.Scores ?? [], id, new[] { float.NaN, float.PositiveInfinity, -0f, 1e30f }[random.Next(4)]) },
            4 => source with { Scores = random.Next(2) == 0 ? null : source.Scores?.Take(id).ToArray() },
            5 => source with { TokenTypes = Replace(source.TokenTypes ?? [], id, random.Next(-1, 9)) },
            6 => source with { TokenTypes = random.Next(2) == 0 ? null : source.TokenTypes?.Take(id).ToArray() },
            7 => source with { Merges = ["a b", " ", "ab", "a a a", ""] },
            8 => source with { BosId = odd, AddBos = true },
            9 => source with { EosId = odd, AddEos = true },
            10 => source with { UnknownId = odd },
            11 => source with { SeparatorId = odd, EotId = odd },
            12 => source with { PrecompiledCharsMap = bytes, AddSpacePrefix = !(source.AddSpacePrefix ?? false) },
            _ => source with { Pre = "nothing", RemoveExtraWhitespaces = true },
        };
    }

    private static T[] Replace<T>(System.Collections.Generic.IEnumerable<T> list, int index, T value)
    {
        T[] copy = list.ToArray();
        if (index < copy.Length)
        {
            copy[index] = value;
        }

        return copy;
    }

    private static GgufVocabulary Vocabulary(string model)
    {
        string[] tokens = ["<unk>", "<s>", "</s>", "a", "b", "ab", "\u2581", "\u2581a", "\u2581ab", "<u>", "<0x0A>", "\u0120", "\u0120a"];
        return new GgufVocabulary
        {
            Model = model,
            Pre = model == "gpt2" ? "llama-bpe" : null,
            Tokens = tokens.Select(Encoding.UTF8.GetBytes).ToArray(),
            Scores = tokens.Select((_, id) => (float)-id).ToArray(),
            TokenTypes = [2, 3, 3, 1, 1, 1, 1, 1, 1, 4, 6, 1, 1],
            Merges = ["a b", "\u0120 a"],
            BosId = 1,
            EosId = 2,
            UnknownId = 0,
            SeparatorId = 2,
            AddBos = true,
            AddSpacePrefix = true,
        };
    }

    private static string Source(int source)
    {
        string added = $"[{TestTokenizers.Added(0, "<s>", true, ",\"lstrip\":true,\"rstrip\":true")},{TestTokenizers.Added(9, "it", more: ",\"single_word\":true,\"normalized\":true")}]";
        string post = """{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"special_tokens":{"<s>":{"id":"<s>","ids":[0],"tokens":["<s>"]}}}""";
        string words = TestTokenizers.Vocabulary("<s>", "a", "b", "ab", "##a", "##b", "'");
        return source switch
        {
            0 => TestTokenizers.Json(
                TestTokenizers.Bpe(["<s>", "\u0120", "a", "b", "ab", "\u0120a", "\u00C3", "\u00A9"], ["a b", "\u0120 a"], ",\"unk_token\":\"<s>\",\"fuse_unk\":true,\"byte_fallback\":true"),
                """{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Replace","pattern":{"Regex":" {2,}"},"content":" "}]}""",
                """{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"\\p{N}{1,3}"},"behavior":"Isolated","invert":false},{"type":"ByteLevel","add_prefix_space":true,"use_regex":true}]}""",
                """{"type":"ByteLevel"}""", added, post),
            1 => TestTokenizers.Json(
                """{"type":"Unigram","unk_id":0,"byte_fallback":true,"vocab":[["<s>",0],["\u2581",-1.5],["a",-2],["\u2581a",-2.5],["b",-3],["ab",-3.5]]}""",
                """{"type":"Sequence","normalizers":[{"type":"Nmt"},{"type":"Lowercase"},{"type":"Strip","strip_left":true,"strip_right":true}]}""",
                """{"type":"Metaspace","replacement":"\u2581","prepend_scheme":"first","split":true}""",
                """{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"\u2581"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]}""", added, post),
            _ => TestTokenizers.Json(
                $$"""{"type":"WordPiece","unk_token":"<s>","continuing_subword_prefix":"##","max_input_chars_per_word":100,"vocab":{{words}}}""",
                """{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true}""",
                """{"type":"BertPreTokenizer"}""", """{"type":"WordPiece","prefix":"##","cleanup":true}""", added, post),
        };
    }
}
