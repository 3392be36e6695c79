using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using NUnit.Framework;
using Winnow.Formats.Tokenizers;
using Winnow.Formats.Tokenizers.Normalizers;

namespace Winnow.Formats.Tests.Tokenizers;

public sealed class NormalizerTests
{
    [TestCase("""{"type":"Lowercase"}""", "A\u00C9\u0130\u03A3\u212A", "a\u00E9i\u0307\u03C3k")]
    [TestCase("""{"type":"NFC"}""", "e\u0301", "\u00E9")]
    [TestCase("""{"type":"NFD"}""", "\u00E9", "e\u0301")]
    [TestCase("""{"type":"NFKC"}""", "\uFB01\u2460", "fi1")]
    [TestCase("""{"type":"NFKD"}""", "\uFB01\u00E9", "fie\u0301")]
    [TestCase("""{"type":"Sequence","normalizers":[{"type":"NFD"},{"type":"StripAccents"}]}""", "\u00E9\u0903x", "ex")]
    [TestCase("""{"type":"Strip","strip_left":true,"strip_right":false}""", " \u0085a ", "a ")]
    [TestCase("""{"type":"Prepend","prepend":"_"}""", "a", "_a")]
    [TestCase("""{"type":"Replace","pattern":{"String":"ab"},"content":"x"}""", "aabab", "axx")]
    [TestCase("""{"type":"Replace","pattern":{"Regex":" {2,}"},"content":"_"}""", "a b   c", "a b_c")]
    [TestCase("""{"type":"Nmt"}""", "a\u0001\u200Bb\tc\uFEFF", "a b c ")]
    [TestCase("""{"type":"ByteLevel"}""", "a \u00E9", "a\u0120\u00C3\u00A9")]
    [TestCase("""{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true}""", "H\u00C9\u0000\u4E2D\tx", "he \u4E2D  x")]
    [TestCase("""{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":false,"strip_accents":null,"lowercase":false}""", "H\u00C9\u4E2D", "H\u00C9\u4E2D")]
    public void Encode_NormalizesFirst(string normalizer, string text, string expected)
    {
        // Each character of the expected text is a token, so the ids spell the normalized text.
        string[] tokens = ["?", .. expected.Select(letter => letter.ToString()).Distinct()];
        Tokenizer tokenizer = TestTokenizers.Parse(TestTokenizers.Bpe(tokens, [], ",\"unk_token\":\"?\""), normalizer);
        Assert.That(string.Concat(tokenizer.Encode(text).Select(tokenizer.TokenText)), Is.EqualTo(expected));
    }

    [Test]
    public void Encode_HalfSurrogatesBecomeReplacementCharacters()
    {
        Tokenizer tokenizer = TestTokenizers.Parse(TestTokenizers.Bpe(["a", "\uFFFD"], []), """{"type":"NFC"}""");
        Assert.That(tokenizer.Encode("a\uD83D" + "a\uDE42"), Is.EqualTo(new[] { 0, 1, 0, 1 }));
    }

    [Test]
    public void Normalize_CharsMapAppliesTheLongestRule()
    {
        byte[] blob = Compile(("a", "x"), ("ab", "yy"), ("\u00E9", "e"), ("b", ""));
        CharsMap map = CharsMap.TryRead(blob)!;
        Assert.That(map.Normalize("abacb\u00E9d"), Is.EqualTo("yyxced"));
        string json = $$"""{"type":"Precompiled","precompiled_charsmap":"{{Convert.ToBase64String(blob)}}"}""";
        Tokenizer tokenizer = TestTokenizers.Parse(TestTokenizers.Bpe(["x", "y", "c"], []), json);
        Assert.That(tokenizer.Encode("abac"), Is.EqualTo(new[] { 1, 1, 0, 2 }));
    }

    [TestCase(1024, true)]
    [TestCase(1025, false)]
    public void TryRead_OfALongReplacementIsRefused(int length, bool isRead)
    {
        CharsMap? map = CharsMap.TryRead(Compile(("a", new string('x', length)), ("b", "y")));

        Assert.That(map?.Normalize("ab")?.Length, isRead ? Is.EqualTo(length + 1) : Is.Null);
    }

    [Test]
    public void TryRead_DamagedCharsMapsAreRefusedOrHarmless()
    {
        byte[] blob = Compile(("a", "x"), ("ab", "yy"), ("\u00E9", "e"));
        Assert.That(CharsMap.TryRead([]), Is.Null);
        Assert.That(CharsMap.TryRead(blob.AsSpan(0, 7)), Is.Null);
        byte[] large = [.. blob];
        BinaryPrimitives.WriteUInt32LittleEndian(large, uint.MaxValue);
        Assert.That(CharsMap.TryRead(large), Is.Null);
        var random = new Random(1);
        for (int trial = 0; trial < 2000; trial++)
        {
            byte[] damaged = [.. blob];
            for (int change = random.Next(1, 8); change > 0; change--)
            {
                damaged[4 + random.Next(damaged.Length - 4)] = (byte)random.Next(256);
            }

            Assert.That(CharsMap.TryRead(damaged)?.Normalize("ab\u00E9\U0001F642abc"), Is.Not.Null);
        }
    }

    /// <summary>Compiles rules into the published layout: a double array whose children lie at offset XOR byte.</summary>
    internal static byte[] Compile(params (string From, string To)[] rules)
    {
        var replacements = new List<byte>();
        var values = new Dictionary<string, uint>();
        foreach ((string from, string to) in rules)
        {
            values[Latin(from)] = (uint)replacements.Count;
            replacements.AddRange(Encoding.UTF8.GetBytes(to));
            replacements.Add(0);
        }

        // Every inner node gets a block of 256 units of its own, so no two children collide.
        List<string> nodes = values.Keys.SelectMany(key => Enumerable.Range(0, key.Length + 1).Select(length => key[..length])).Distinct().ToList();
        uint[] units = new uint[256 * (nodes.Count + 1)];
        var places = new Dictionary<string, uint> { [""] = 0 };
        foreach (string node in nodes.OrderBy(node => node.Length))
        {
            uint block = (uint)(256 * (nodes.IndexOf(node) + 1));
            uint place = places[node];
            bool leaf = values.TryGetValue(node, out uint value);
            uint label = node.Length == 0 ? 0 : (uint)node[^1];
            units[place] = ((place ^ block) << 10) | label | (leaf ? 0x100u : 0);
            if (leaf)
            {
                units[block] = value | 0x80000000;
            }

            foreach (string child in nodes.Where(child => child.Length == node.Length + 1 && child.StartsWith(node, StringComparison.Ordinal)))
            {
                places[child] = block ^ child[^1];
            }
        }

        byte[] blob = new byte[4 + (4 * units.Length) + replacements.Count];
        BinaryPrimitives.WriteInt32LittleEndian(blob, 4 * units.Length);
        for (int index = 0; index < units.Length; index++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(blob.AsSpan(4 + (4 * index)), units[index]);
        }

        replacements.CopyTo(blob, 4 + (4 * units.Length));
        return blob;
    }

    // One char for each UTF-8 byte.
    private static string Latin(string text) => string.Concat(Encoding.UTF8.GetBytes(text).Select(value => (char)value));
}
