using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using NUnit.Framework;
using Winnow.Engine;

namespace Winnow.Tests.Engine;

internal sealed class StopStringMatcherTests
{
    [TestCase("one END two", "one ")]
    [TestCase("END", "")]
    [TestCase("EN", "EN")]
    [TestCase("EEND", "E")]
    [TestCase("ENENDx", "EN")]
    [TestCase("no stop here", "no stop here")]
    public void Append_LetterByLetterStopsBeforeStopString(string text, string expected)
    {
        Assert.That(Feed(["END"], text.Select(letter => letter.ToString())), Is.EqualTo(expected));
    }

    [Test]
    public void Append_WithFalseBeginningHoldsItBackAndReleasesItLater()
    {
        var matcher = new StopStringMatcher(["###"]);

        Assert.That(matcher.Append("a ##", out _), Is.EqualTo("a "));
        Assert.That(matcher.Append("b", out bool found), Is.EqualTo("##b"));
        Assert.That(found, Is.False);
    }

    [Test]
    public void Append_WithNothingThatBeginsAStopStringHoldsNothingBack()
    {
        var matcher = new StopStringMatcher(["###"]);

        Assert.That(matcher.Append("plain", out _), Is.EqualTo("plain"));
        Assert.That(matcher.Flush(), Is.Empty);
    }

    [Test]
    public void Append_WithSeveralStopStringsTakesTheOneCompleteFirstHoweverTextIsCut()
    {
        string[] stops = ["xabcd", "bc", "ö🙂"];
        foreach (string text in new[] { "..xabcd", "..xab", "a ö🙂 b", "bbc" })
        {
            string whole = Feed(stops, [text]);
            for (int cut = 0; cut <= text.Length; cut++)
            {
                Assert.That(Feed(stops, [text[..cut], text[cut..]]), Is.EqualTo(whole), $"{text} cut at {cut}");
            }
        }
    }

    [Test]
    public void Append_WithRandomTextsEqualsSearchInWholeText()
    {
        var random = new Random(1);
        for (int round = 0; round < 2000; round++)
        {
            string stop = RandomText(random, 1, 4);
            string text = RandomText(random, 0, 20);
            int at = text.IndexOf(stop, StringComparison.Ordinal);

            string result = Feed([stop], text.Chunk(random.Next(1, 4)).Select(part => new string(part)));

            Assert.That(result, Is.EqualTo(at < 0 ? text : text[..at]), $"'{stop}' in '{text}'");
        }
    }

    [Test]
    public void Constructor_WithEmptyStopStringThrows()
    {
        Assert.That(() => new StopStringMatcher([""]), Throws.ArgumentException.With.Message.Contains("empty"));
    }

    private static string Feed(string[] stops, IEnumerable<string> pieces)
    {
        var matcher = new StopStringMatcher(stops);
        var text = new StringBuilder();
        foreach (string piece in pieces)
        {
            text.Append(matcher.Append(piece, out bool found));
            if (found)
            {
                return text.ToString();
            }
        }

        return text.Append(matcher.Flush()).ToString();
    }

    private static string RandomText(Random random, int least, int most) =>
        string.Concat(Enumerable.Range(0, random.Next(least, most)).Select(_ => "ab"[random.Next(2)]));
}
