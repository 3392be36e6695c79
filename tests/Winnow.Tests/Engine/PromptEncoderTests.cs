using NUnit.Framework;
using Winnow.Engine;
using Winnow.Formats;
using Winnow.Formats.Tokenizers;
using Winnow.TestSupport;

namespace Winnow.Tests.Engine;

public sealed class PromptEncoderTests
{
    [Test]
    public void Encode_OfATokenWithoutWeightsNamesIt()
    {
        var tokenizer = Tokenizer.Load(SharedFiles.Require("models/stories260K/tokenizer.json"));
        int[] tokens = tokenizer.Encode("Once upon a time");
        int largest = 0;
        foreach (int token in tokens)
        {
            largest = int.Max(largest, token);
        }

        var all = new PromptEncoder(tokenizer, null, largest + 1);
        var fewer = new PromptEncoder(tokenizer, null, largest);

        Assert.That(all.Encode("Once upon a time", new GenerationOptions()), Is.EqualTo(tokens));
        string problem = $"token {largest}, '{tokenizer.TokenText(largest)}', of this text, and the weights end at token {largest - 1}";
        Assert.That(() => fewer.Encode("Once upon a time", new GenerationOptions()), Throws.TypeOf<ModelFormatException>().With.Message.Contains(problem));
        Assert.That(() => fewer.EncodeMore("Once upon a time"), Throws.TypeOf<ModelFormatException>().With.Message.Contains(problem));
    }
}
