using System.IO;
using System.Text;
using NUnit.Framework;
using Winnow.Engine;
using Winnow.Formats.Tokenizers;

namespace Winnow.Tests.Engine;

internal sealed class TextAssemblerTests : EngineTests
{
    private const string Written = "abc \u00e9\U0001F642 END the rest";

    [TestCase("\U0001F642 E", "abc \u00e9")]
    [TestCase("\u00e9", "abc ")]
    [TestCase("ENDE", Written)]
    [TestCase("END the", "abc \u00e9\U0001F642 ")]
    public void Push_ByteByByteNeverCutsACharacterAndStopsBeforeTheStopString(string stop, string expected)
    {
        Tokenizer tokenizer = Tokenizer.Load(Path.Combine(Folder, "tokenizer.json"));
        var assembler = new TextAssembler(tokenizer.CreateStreamingDecoder(), new StopStringMatcher([stop]));
        var text = new StringBuilder();
        bool stopped = false;
        foreach (int token in tokenizer.Encode(Written, addSpecial: false))
        {
            string piece = assembler.Push(token, out stopped);
            Assert.That(piece, Does.Not.Contain('\uFFFD').And.Not.EndsWith("\uD83D"));
            text.Append(piece);
            if (stopped)
            {
                break;
            }
        }

        Assert.That(text + (stopped ? "" : assembler.Finish(out _)), Is.EqualTo(expected));
    }

    [Test]
    public void Finish_InTheMiddleOfACharacterReplacesItAndReleasesWhatWasHeldBack()
    {
        Tokenizer tokenizer = Tokenizer.Load(Path.Combine(Folder, "tokenizer.json"));
        int[] tokens = tokenizer.Encode("a EN\u00e9", addSpecial: false);
        var assembler = new TextAssembler(tokenizer.CreateStreamingDecoder(), new StopStringMatcher(["END"]));
        var text = new StringBuilder();
        foreach (int token in tokens[..^1])
        {
            text.Append(assembler.Push(token, out _));
        }

        Assert.That(text.ToString(), Is.EqualTo("a "));
        Assert.That(assembler.Finish(out bool stopped), Is.EqualTo("EN\uFFFD"));
        Assert.That(stopped, Is.False);
    }
}
