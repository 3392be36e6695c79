using System;
using System.Linq;
using NUnit.Framework;
using Winnow.Formats;
using Winnow.Models;

namespace Winnow.Tests.Models;

internal sealed class ModelShapesTests
{
    // What the models' own files come to.
    [TestCase("llama-3.2-1b", 1_235_814_400)]
    [TestCase("llama-3.2-3b", 3_212_749_824)]
    [TestCase("llama-3.1-8b", 8_030_261_248)]
    [TestCase("llama-3.1-70b", 70_553_706_496)]
    [TestCase("mistral-7b", 7_248_023_552)]
    [TestCase("qwen2.5-0.5b", 494_032_768)]
    [TestCase("qwen2.5-7b", 7_615_616_512)]
    [TestCase("qwen3-0.6b", 596_049_920)]
    [TestCase("qwen3-8b", 8_190_735_360)]
    [TestCase("phi-3-mini", 3_821_079_552)]
    [TestCase("gemma-2-2b", 2_614_341_888)]
    [TestCase("gemma-2-9b", 9_241_705_984)]
    public void Get_HasAsManyParametersAsTheModel(string name, long published)
    {
        ModelConfig config = HuggingFaceModelConfig.Read(ModelShapes.Get(name));

        long parameters = RandomWeights.For(config, TensorType.BF16).Sum(tensor => tensor.Shape.Aggregate(1L, (product, size) => product * size));

        Assert.That(parameters, Is.EqualTo(published));
    }

    [Test]
    public void Get_OfAnUnknownNameListsTheKnownOnes()
    {
        var error = Assert.Throws<ArgumentException>(() => ModelShapes.Get("llama-9"));

        Assert.That(error.Message, Does.Contain("'llama-9'"));
        Assert.That(ModelShapes.Names, Is.All.Matches<string>(name => error.Message.Contains(name, StringComparison.Ordinal)));
    }
}
