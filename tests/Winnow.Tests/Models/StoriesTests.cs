using System;
using System.Collections.Generic;
using System.IO;
using NUnit.Framework;
using Winnow.Cache;
using Winnow.Models;
using Winnow.TestSupport;

namespace Winnow.Tests.Models;

/// <summary>A real trained model writes the text that a plain C loop and llama.cpp write with the same weights.</summary>
public sealed class StoriesTests
{
    private const int Tokens = 200;

    [TestCase("models/stories260K", int.MaxValue)]
    [TestCase("models/stories260K/stories260K-f32.gguf", int.MaxValue)]
    [TestCase("models/stories260K/stories260K-q8_0.gguf", 100)]
    public void Greedy_WritesTheGoldenStory(string path, int characters)
    {
        string golden = File.ReadAllText(SharedFiles.Require("golden/stories260K.txt"));
        using var files = ModelFiles.Open(SharedFiles.Require(path));
        using var decoder = new TestDecoder(files.Tensors, files.Config);
        KvSequence sequence = decoder.Cache.CreateSequence();
        var ids = new List<int>(files.Tokenizer.Encode("Once upon a time"));
        float[] logits = decoder.Feed(sequence, [.. ids])[^1];
        while (ids.Count <= Tokens)
        {
            int next = IndexOfMax(logits);
            ids.Add(next);
            logits = decoder.Feed(sequence, next)[0];
        }

        string text = files.Tokenizer.Decode([.. ids]);
        int compared = Math.Min(characters, golden.Length);
        Assert.That(text[..Math.Min(compared, text.Length)], Is.EqualTo(golden[..compared]));
    }

    private static int IndexOfMax(float[] values)
    {
        int best = 0;
        for (int i = 1; i < values.Length; i++)
        {
            best = values[i] > values[best] ? i : best;
        }

        return best;
    }
}
