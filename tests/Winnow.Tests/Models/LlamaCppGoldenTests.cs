using System;
using System.IO;
using System.Linq;
using System.Text.Json;
using NUnit.Framework;
using Winnow.Cache;
using Winnow.Formats.Gguf;
using Winnow.Kernels;
using Winnow.Models;
using Winnow.TestSupport;

namespace Winnow.Tests.Models;

/// <summary>Next-token probabilities of random models, as llama.cpp computes them on the CPU with an F32 cache.</summary>
public sealed class LlamaCppGoldenTests
{
    [TestCase("llama-f32", 1e-4)]
    [TestCase("llama-f16", 1e-4)]
    [TestCase("llama-q8_0", 1e-2)]
    [TestCase("llama-q4_0", 1e-2)]
    [TestCase("qwen2-f32", 1e-4)]
    [TestCase("qwen3-f32", 1e-4)]
    public void Probabilities_EqualLlamaCppAtEveryPosition(string name, double tolerance) =>
        Check(name, tolerance, new CpuDevice(2), tokens => [tokens, 1, 5]);

    // Matrix inputs are rounded to halves for weights that are not F32, hence 2^-11 of each factor where the CPU has 2^-24.
    [TestCase("llama-f32", 1e-4)]
    [TestCase("llama-f16", 1e-3)]
    [TestCase("llama-q8_0", 1e-2)]
    [TestCase("llama-q4_0", 1e-2)]
    [TestCase("qwen2-f32", 1e-4)]
    [TestCase("qwen3-f32", 1e-4)]
    public void Probabilities_OfTheKernelsEqualLlamaCppAtEveryPosition(string name, double tolerance) =>
        Check(name, tolerance, TestDevices.Simulator(), tokens => [tokens, 5]);

    private static void Check(string name, double tolerance, ComputeDevice device, Func<int, int[]> chunks)
    {
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllBytes(SharedFiles.Require($"golden/llamacpp/{name}.json")));
        int[] tokens = [.. golden.RootElement.GetProperty("tokens").EnumerateArray().Select(token => token.GetInt32())];
        using var file = GgufFile.Open(SharedFiles.Require($"golden/llamacpp/{name}.gguf"));
        using var decoder = new TestDecoder(file, GgufModelConfig.Read(file), device);
        foreach (int chunk in chunks(tokens.Length))
        {
            KvSequence sequence = decoder.Cache.CreateSequence();
            for (int start = 0; start < tokens.Length; start += chunk)
            {
                float[][] logits = decoder.Feed(sequence, tokens.AsSpan(start, Math.Min(chunk, tokens.Length - start)));
                for (int i = 0; i < logits.Length; i++)
                {
                    Compare(logits[i], golden.RootElement.GetProperty("top")[start + i], tolerance, $"position {start + i}, chunks of {chunk}");
                }
            }

            decoder.Cache.Free(sequence);
        }
    }

    private static void Compare(float[] logits, JsonElement top, double tolerance, string where)
    {
        double most = logits.Max();
        double sum = logits.Sum(logit => Math.Exp(logit - most));
        Assert.That(top.GetArrayLength(), Is.EqualTo(16));
        foreach (JsonElement pair in top.EnumerateArray())
        {
            double probability = Math.Exp(logits[pair[0].GetInt32()] - most) / sum;
            Assert.That(probability, Is.EqualTo(pair[1].GetDouble()).Within(tolerance), $"{where}, token {pair[0]}");
        }
    }
}
