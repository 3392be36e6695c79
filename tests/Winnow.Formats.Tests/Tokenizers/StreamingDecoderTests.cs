using System;
using System.Linq;
using System.Text;
using NUnit.Framework;
using Winnow.Formats.Tokenizers;

namespace Winnow.Formats.Tests.Tokenizers;

public sealed class StreamingDecoderTests
{
    private const string LlamaDecoder = """
        {"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"\u2581"},"content":" "},{"type":"ByteFallback"},
         {"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]}
        """;

    private static readonly string[] Words = ["\u2581", "a", "\u2581the", "<s>", "\u65E5", ".", "n't", "'", "\u2581's"];
    private static readonly string[] Samples = ["\U0001F642", "\u65E5\u672C", "e\u0301", "\u00E9", "\U0001F469\u200D\U0001F467", "a"];

    [TestCase(false)]
    [TestCase(true)]
    public void Push_JoinedEqualsDecodeForRandomByteTokens(bool cleanUp)
    {
        Tokenizer tokenizer = Llama(cleanUp);
        var random = new Random(1);
        for (int trial = 0; trial < 1500; trial++)
        {
            int[] ids = RandomIds(random);
            Assert.That(Stream(tokenizer, ids), Is.EqualTo(tokenizer.Decode(ids)), string.Join(' ', ids));
            if (!cleanUp)
            {
                Assert.That(tokenizer.Decode(ids), Is.EqualTo(Reference(ids)), string.Join(' ', ids));
            }
        }
    }

    [Test]
    public void Push_JoinedEqualsUtf8OfAllBytesForByteLevelTokens()
    {
        Tokenizer tokenizer = TestTokenizers.Parse(
            TestTokenizers.Bpe(TestTokenizers.ByteLetters(), []), decoder: """{"type":"ByteLevel"}""");
        var random = new Random(1);
        for (int trial = 0; trial < 1500; trial++)
        {
            byte[] bytes = RandomIds(random).Where(id => id < 256).Select(id => (byte)id).ToArray();
            int[] ids = bytes.Select(value => (int)value).ToArray();
            Assert.That(Stream(tokenizer, ids), Is.EqualTo(Encoding.UTF8.GetString(bytes)), Convert.ToHexString(bytes));
        }
    }

    // What most models come with: byte-level BPE, SentencePiece as a sequence of steps, and as one.
    [TestCase("""{"type":"ByteLevel"}""", "\u0120the", "a", "\u0120", "ing")]
    [TestCase(LlamaDecoder, "\u2581the", "a", "\u2581\u2581", "ing")]
    [TestCase("""{"type":"Metaspace","replacement":"\u2581","prepend_scheme":"always"}""", "\u2581the", "a", "\u2581\u2581", "ing")]
    public void Push_OfTextThatCameBeforeAllocatesNothing(string decoder, params string[] words)
    {
        Tokenizer tokenizer = TestTokenizers.Parse(TestTokenizers.Bpe(words, []), decoder: decoder);
        int[] ids = [.. Enumerable.Range(0, 400).Select(i => i * 7 % words.Length)];
        string expected = tokenizer.Decode(ids);
        StreamingDecoder streaming = tokenizer.CreateStreamingDecoder();
        foreach (int id in ids)
        {
            streaming.Push(id);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        int length = 0;
        foreach (int id in ids)
        {
            length += streaming.Push(id).Length;
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
        Assert.That(length, Is.InRange(expected.Length, expected.Length + 1), "a first space counts in the middle of a text only");
    }

    [Test]
    public void Push_GgufByteTokensFollowUtf8Only()
    {
        string[] tokens = [.. TestTokenizers.ByteTokens(), .. Words];
        int[] types = tokens.Select((token, id) => id < 256 ? 6 : token == "<s>" ? 3 : 1).ToArray();
        Tokenizer tokenizer = Tokenizer.FromGguf(new GgufVocabulary
        {
            Model = "llama",
            Tokens = tokens.Select(Encoding.UTF8.GetBytes).ToArray(),
            Scores = new float[tokens.Length],
            TokenTypes = types,
            AddSpacePrefix = false,
        });
        var random = new Random(1);
        for (int trial = 0; trial < 1500; trial++)
        {
            int[] ids = RandomIds(random);
            byte[] bytes = ids.Where(id => types[id] != 3)
                .SelectMany(id => id < 256 ? [(byte)id] : Encoding.UTF8.GetBytes(tokens[id].Replace('\u2581', ' '))).ToArray();
            Assert.That(Stream(tokenizer, ids), Is.EqualTo(Encoding.UTF8.GetString(bytes)));
        }
    }

    [Test]
    public void Decode_ARunOfBytesThatIsNotUtf8IsOneReplacementForEachByte()
    {
        // The valid e-acute inside the run is lost with it; the next run is judged alone.
        int[] ids = [0xC3, 0xA9, 0xFF, 257, 0xC3, 0xA9];
        Assert.That(Llama(false).Decode(ids), Is.EqualTo("\uFFFD\uFFFD\uFFFDa\u00E9"));
    }

    [Test]
    public void Push_ReturnsTextAsSoonAsItIsCertain()
    {
        StreamingDecoder decoder = TestTokenizers.Parse(
            TestTokenizers.Bpe(TestTokenizers.ByteLetters(), []), decoder: """{"type":"ByteLevel"}""").CreateStreamingDecoder();
        byte[] smile = Encoding.UTF8.GetBytes("\U0001F642");
        Assert.That(decoder.Push(smile[0]), Is.Empty);
        Assert.That(decoder.Push(smile[1]), Is.Empty);
        Assert.That(decoder.Push(smile[2]), Is.Empty);
        Assert.That(decoder.Push(smile[3]), Is.EqualTo("\U0001F642"));
        Assert.That(decoder.Push('a'), Is.EqualTo("a"));
        Assert.That(decoder.Push(0xE6), Is.Empty);
        Assert.That(decoder.Flush(), Is.EqualTo("\uFFFD"));
        Assert.That(() => decoder.Push('a'), Throws.InvalidOperationException);
    }

    [Test]
    public void Push_RefusesIdsOutsideTheVocabulary()
    {
        StreamingDecoder decoder = Llama(false).CreateStreamingDecoder();
        Assert.That(() => decoder.Push(-1), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => decoder.Push(100000), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [TestCase("""{"type":"BPEDecoder","suffix":"</w>"}""", new[] { "he</w>", "l", "lo</w>" }, "he llo")]
    [TestCase("""{"type":"Metaspace","replacement":"\u2581","prepend_scheme":"always"}""", new[] { "\u2581a", "\u2581b", "c" }, "a bc")]
    [TestCase("""{"type":"Metaspace","replacement":"\u2581","prepend_scheme":"never"}""", new[] { "\u2581a", "\u2581b" }, " a b")]
    [TestCase("""{"type":"CTC","pad_token":"<p>","word_delimiter_token":"|","cleanup":true}""", new[] { "a", "a", "<p>", "a", "|", "b" }, "aa b")]
    [TestCase("""{"type":"Strip","content":"_","start":1,"stop":2}""", new[] { "__a___", "_b" }, "_a_b")]
    [TestCase("""{"type":"Sequence","decoders":[{"type":"Fuse"},{"type":"Strip","content":"_","start":1,"stop":2}]}""", new[] { "__a__", "_b_", "__" }, "_a___b_")]
    [TestCase("""{"type":"Sequence","decoders":[{"type":"Fuse"},{"type":"Replace","pattern":{"String":"abc"},"content":"x"}]}""", new[] { "aa", "b", "cab" }, "axab")]
    [TestCase("""{"type":"Replace","pattern":{"Regex":" {2,}"},"content":" "}""", new[] { "a   b", " c" }, "a b c")]
    public void Decode_FollowsTheDecodersRule(string decoder, string[] tokens, string expected)
    {
        string[] vocabulary = [.. tokens.Distinct()];
        Tokenizer tokenizer = TestTokenizers.Parse(TestTokenizers.Bpe(vocabulary, []), decoder: decoder);
        int[] ids = tokens.Select(token => Array.IndexOf(vocabulary, token)).ToArray();
        Assert.That(tokenizer.Decode(ids), Is.EqualTo(expected));
        Assert.That(Stream(tokenizer, ids), Is.EqualTo(expected));
    }

    private static Tokenizer Llama(bool cleanUp)
    {
        return TestTokenizers.Parse(
            TestTokenizers.Bpe([.. TestTokenizers.ByteTokens(), .. Words], []),
            decoder: LlamaDecoder,
            added: $"[{TestTokenizers.Added(259, "<s>", special: true)}]",
            options: new TokenizerOptions { CleanUpTokenizationSpaces = cleanUp });
    }

    // Whole characters, torn characters, noise bytes and words.
    private static int[] RandomIds(Random random)
    {
        var ids = new System.Collections.Generic.List<int>();
        for (int part = random.Next(1, 12); part > 0; part--)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(Samples[random.Next(Samples.Length)]);
            switch (random.Next(4))
            {
                case 0:
                    ids.AddRange(bytes.Select(value => (int)value));
                    break;
                case 1:
                    ids.AddRange(bytes.Take(random.Next(bytes.Length + 1)).Select(value => (int)value));
                    break;
                case 2:
                    ids.Add(random.Next(256));
                    break;
                default:
                    ids.Add(256 + random.Next(Words.Length));
                    break;
            }
        }

        return ids.ToArray();
    }

    // The published steps one after the other over whole lists.
    private static string Reference(int[] ids)
    {
        var text = new StringBuilder();
        var run = new System.Collections.Generic.List<byte>();
        foreach (int id in ids.Append(-1))
        {
            if (id is >= 0 and < 256)
            {
                run.Add((byte)id);
                continue;
            }

            if (id == 259)
            {
                continue;
            }

            string whole = Encoding.UTF8.GetString(run.ToArray());
            bool valid = Encoding.UTF8.GetBytes(whole).AsSpan().SequenceEqual(run.ToArray());
            text.Append(valid ? whole : new string('\uFFFD', run.Count));
            run.Clear();
            text.Append(id < 0 ? "" : Words[id - 256].Replace('\u2581', ' '));
        }

        string all = text.ToString();
        return all.StartsWith(' ') ? all[1..] : all;
    }

    private static string Stream(Tokenizer tokenizer, int[] ids)
    {
        StreamingDecoder decoder = tokenizer.CreateStreamingDecoder();
        var text = new StringBuilder();
        foreach (int id in ids)
        {
            string part = decoder.Push(id);
            Assert.That(part.Length > 0 && (char.IsHighSurrogate(part[^1]) || char.IsLowSurrogate(part[0])), Is.False, "half a character");
            text.Append(part);
        }

        return text.Append(decoder.Flush()).ToString();
    }
}
