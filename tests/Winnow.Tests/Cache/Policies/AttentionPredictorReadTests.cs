using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using NUnit.Framework;
using Winnow.Cache;
using Winnow.Cache.Policies;
using Winnow.Kernels;

namespace Winnow.Tests.Cache.Policies;

/// <summary>What AttentionPredictor reads, token by token, against its rule in double precision over two texts: prompts in chunks, then decoded tokens.</summary>
internal sealed class AttentionPredictorReadTests
{
    // The first layer reads everything, the last one has a window.
    private static readonly int[] Windows = [0, 0, 0, 20];

    [TestCase(16, 32, 96, 0)]
    [TestCase(32, 16, 100, 3)]
    [TestCase(0, 16, 47, 7)]
    [TestCase(64, 64, 144, 5)]
    public void Attend_ReadsWhatTheNetworkSelects(int sinks, int local, int budget, int calibration)
    {
        using var device = new CpuDevice(2);
        using var text = new SparseText(device, Policy(budget, sinks, local, calibration), Windows, 320, 130);
        Agrees(text, References(budget, sinks, local, calibration, 2), [[64, 50], [64, 1], [64, 1], [49, 20]], 25, [241, 72]);
    }

    [Test]
    public void Attend_OnTheSimulatorReadsWhatTheNetworkSelects()
    {
        using CudaDevice device = TestDevices.Simulator();
        using var text = new SparseText(device, Policy(64, 16, 16, 4), Windows, 130, 80);
        Agrees(text, References(64, 16, 16, 4, 2), [[64, 60], [49, 5]], 5, [113, 65]);
    }

    [Test]
    public void Attend_WithABudgetForAllGivesTheBitsOfFullAttention([Values] bool simulator)
    {
        using ComputeDevice device = simulator ? TestDevices.Simulator() : new CpuDevice(1);
        using var text = new SparseText(device, Policy(130, 16, 16, 0), Windows, 130);
        using var full = new SparseText(device, Policy(32, 16, 16, 1), Windows, 130);
        Step(text, full, 125);
        for (int token = 125; token < 130; token++)
        {
            Step(text, full, 1);
        }

        static void Step(SparseText text, SparseText full, int tokens) => Assert.That(text.Step(tokens), Is.EqualTo(full.Step(tokens)));
    }

    [Test]
    public void Attend_AfterAForkOrARestoreReadsAsBefore([Values] bool saves)
    {
        using var device = new CpuDevice(1);
        float[][][] expected = Decode(device, _ => { });
        float[][][] actual = Decode(device, text =>
        {
            KvSequence before = text.Sequences[0];
            if (saves)
            {
                using var stream = new MemoryStream();
                text.Cache.Save(before, stream);
                stream.Position = 0;
                text.Sequences[0] = text.Cache.Restore(stream)!;
            }
            else
            {
                text.Sequences[0] = text.Cache.Fork(before);
            }

            text.Cache.Free(before);
        });
        Assert.That(actual, Is.EqualTo(expected));
    }

    [Test]
    public void Attend_InOneOfTwoForksLeavesTheOtherAsItIs()
    {
        using var device = new CpuDevice(1);
        float[][][] expected = Decode(device, _ => { });
        float[][][] actual = Decode(device, text =>
        {
            KvSequence before = text.Sequences[0];
            text.Sequences[0] = text.Cache.Fork(before);
            text.Step(1);
            text.Step(1);
            text.Cache.Free(text.Sequences[0]);
            text.Sequences[0] = before;
        });
        Assert.That(actual, Is.EqualTo(expected));
    }

    // The last of some decoded tokens, with something in between.
    private static float[][][] Decode(ComputeDevice device, Action<SparseText> between)
    {
        using var text = new SparseText(device, Policy(64, 16, 16, 0), Windows, 190);
        text.Step(150);
        for (int token = 0; token < 20; token++)
        {
            text.Step(1);
        }

        between(text);
        text.Step(1);
        return text.Step(1);
    }

    private static AttentionPredictorPolicy Policy(int budget, int sinks, int local, int calibration) =>
        new(KvBudget.Slots(budget), AttentionPredictorWeightFile.Path, sinks, local, calibration, dense: 1);

    private static AttentionPredictorReference[] References(int budget, int sinks, int local, int calibration, int texts) =>
        [.. Enumerable.Range(0, Windows.Length * texts * SparseText.KvHeads).Select(_ => new AttentionPredictorReference(budget, sinks, local, calibration))];

    private static void Agrees(SparseText text, AttentionPredictorReference[] references, int[][] prompts, int decodes, int[] lengths)
    {
        int[] done = new int[lengths.Length];
        int skipped = 0;
        foreach (int[] counts in prompts.Concat(Enumerable.Range(0, decodes).Select(_ => lengths.Select(_ => 1).ToArray())))
        {
            float[][][] outputs = text.Step(counts);
            bool sparse = counts.All(count => count == 1);
            foreach ((int layer, int s, int kvHead) in Places(lengths.Length))
            {
                AttentionPredictorReference reference = references[(((layer * lengths.Length) + s) * SparseText.KvHeads) + kvHead];
                for (int token = done[s]; token < done[s] + counts[s]; token++)
                {
                    bool[] reads = sparse && layer is 1 or 2 ? reference.Reads(token + 1) : [.. Enumerable.Repeat(true, token + 1)];
                    skipped += reads.Count(read => !read);
                    double[][] weights = [.. Enumerable.Range(kvHead * SparseText.Group, SparseText.Group).Select(head =>
                        Softmax([.. text.Scores(layer, s, head, token).Select((score, slot) => reads[slot] ? score : double.NegativeInfinity)]))];
                    reference.Add(weights);
                    for (int h = 0; h < SparseText.Group; h++)
                    {
                        int head = (kvHead * SparseText.Group) + h, at = (((token - done[s]) * SparseText.Heads) + head) * SparseText.HeadDim;
                        float[] actual = outputs[layer][s][at..(at + SparseText.HeadDim)];
                        Assert.That(actual, Is.EqualTo(text.Mix(layer, s, head, weights[h])).Within(2e-5), $"layer {layer}, text {s}, token {token}, head {head}");
                    }
                }
            }

            done = [.. done.Zip(counts, (before, count) => before + count)];
        }

        Assert.That(done, Is.EqualTo(lengths.Select(length => length + decodes)));
        Assert.That(skipped, Is.GreaterThan(0), "something was left out");
    }

    private static IEnumerable<(int Layer, int Text, int KvHead)> Places(int texts) =>
        from layer in Enumerable.Range(0, Windows.Length)
        from text in Enumerable.Range(0, texts)
        from kvHead in Enumerable.Range(0, SparseText.KvHeads)
        select (layer, text, kvHead);

    private static double[] Softmax(double[] scores)
    {
        double greatest = scores.Max(), sum = scores.Sum(score => Math.Exp(score - greatest));
        return [.. scores.Select(score => Math.Exp(score - greatest) / sum)];
    }
}
