using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using NUnit.Framework;
using Winnow.Formats.Tokenizers.Normalizers;

namespace Winnow.Formats.Tests.Tokenizers;

/// <summary>The normalization forms against Python's, by the hashes that make_unicode_hashes.py prints, and against the runtime's where it has ICU.</summary>
public sealed class UnicodeFormsTests
{
    private static readonly (int Start, int Count)[] Ranges =
    [
        (0x41, 26), (0x300, 112), (0x1100, 256), (0xAC00, 256), (0x1E00, 256), (0x5B0, 32), (0x64B, 21), (0x900, 128), (0xF71, 32),
        (0xFB00, 80), (0x1D15E, 48), (0x11099, 64), (0x9C7, 17), (0x304B, 80), (0x2F800, 64),
    ];

    [TestCase(NormalizationForm.FormC, "9cc65524a9d8082b", "1d0f685b4f040449")]
    [TestCase(NormalizationForm.FormD, "b505598a484ab04a", "1bcf14ea97b3cb3f")]
    [TestCase(NormalizationForm.FormKC, "a9773a8b96f0a369", "8f64289190ef4158")]
    [TestCase(NormalizationForm.FormKD, "4f1276f64ad2915e", "1f7295f9f29b9682")]
    public void Normalize_GivesWhatPythonGives(NormalizationForm form, string ofCharacters, string ofSequences)
    {
        Assert.That(HashOf(Characters(), form), Is.EqualTo(ofCharacters));
        Assert.That(HashOf(Sequences(), form), Is.EqualTo(ofSequences));
    }

    [TestCase(NormalizationForm.FormC)]
    [TestCase(NormalizationForm.FormD)]
    [TestCase(NormalizationForm.FormKC)]
    [TestCase(NormalizationForm.FormKD)]
    public void Normalize_GivesWhatTheRuntimeGives(NormalizationForm form)
    {
        if ("e\u0301".Normalize(NormalizationForm.FormC) != "\u00E9")
        {
            Assert.Ignore("this runtime has no ICU to compare with");
        }

        // An older ICU leaves characters alone that it does not know; the runtime refuses U+FFFE.
        foreach (string text in Characters().Concat(Sequences()).Where(text => text != "\uFFFE"))
        {
            string expected = text.Normalize(form);
            string actual = UnicodeForms.Normalize(text, form);
            Assert.That(actual == expected || expected == text, Is.True, () => $"{Spelled(text)}: {Spelled(actual)}, not {Spelled(expected)}");
        }
    }

    [Test]
    public void Normalize_LeavesNormalTextsAndHalfSurrogates()
    {
        foreach (string text in new[] { "", "plain", "d\u00E9j\u00E0 vu, \u4E2D\u6587, \uAC00, \U0001F642", "a\uD83D", "\uDE42\uDE42e" })
        {
            Assert.That(UnicodeForms.Normalize(text, NormalizationForm.FormC), Is.SameAs(text));
        }

        Assert.That(UnicodeForms.Normalize("\uD83De\u0301\uDE42", NormalizationForm.FormC), Is.EqualTo("\uD83D\u00E9\uDE42"));
    }

    [Test, CancelAfter(10_000)]
    public void Normalize_AMillionMarksOnOneLetterAreSortedInTime()
    {
        string text = "a" + string.Concat(Enumerable.Repeat("\u0301\u0323", 500_000));
        string expected = "\u1EA1" + new string('\u0323', 499_999) + new string('\u0301', 500_000);
        Assert.That(UnicodeForms.Normalize(text, NormalizationForm.FormC) == expected, Is.True);
    }

    private static IEnumerable<string> Characters() =>
        Enumerable.Range(0, 0x110000).Where(code => code is < 0xD800 or > 0xDFFF).Select(char.ConvertFromUtf32);

    private static IEnumerable<string> Sequences()
    {
        uint state = 1;
        int Draw(int limit)
        {
            state = (state * 1664525) + 1013904223;
            return (int)((state >> 16) % (uint)limit);
        }

        for (int count = 0; count < 20_000; count++)
        {
            StringBuilder text = new();
            for (int length = 1 + Draw(8); length > 0; length--)
            {
                (int start, int codes) = Ranges[Draw(Ranges.Length)];
                text.Append(char.ConvertFromUtf32(start + Draw(codes)));
            }

            yield return text.ToString();
        }
    }

    private static string HashOf(IEnumerable<string> texts, NormalizationForm form)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string text in texts)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(UnicodeForms.Normalize(text, form) + "\n"));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
    }

    private static string Spelled(string text) => string.Join(' ', text.EnumerateRunes().Select(rune => $"{rune.Value:X4}"));
}
