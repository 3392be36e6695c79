using System;
using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;
using Winnow.Kernels.Sampling;

namespace Winnow.Kernels.Tests.Sampling;

/// <summary>What every device's sampling of rows must do.</summary>
internal static class SamplingRowsCases
{
    public static readonly string[] WrongOperands = ["rows", "tokens", "statuses", "top", "history", "biases", "logits", "passes"];

    public static readonly int[] Vocabularies = [1, 2, 31, 1023, 1025, 5003];

    /// <summary>Chains with every stage that a device does, in the named orders and alone.</summary>
    public static IEnumerable<SamplerChain> Chains()
    {
        var all = new SamplingParameters
        {
            Temperature = 0.8f,
            TopK = 40,
            TopP = 0.9f,
            MinP = 0.05f,
            RepetitionPenalty = 1.3f,
            FrequencyPenalty = 0.2f,
            PresencePenalty = 0.1f,
            PenaltyLastTokens = 20,
            LogitBias = new Dictionary<int, float> { [0] = 1.5f },
            Seed = 7,
        };
        yield return SamplerChain.Create(all);
        yield return SamplerChain.Create(all with { Temperature = 1.7f }, SamplerOrder.ScaleThenTopK);
        yield return SamplerChain.Create(all with { Temperature = 1.7f }, SamplerOrder.ScaleThenMinP);
        yield return SamplerChain.Create(all with { Temperature = 0 });
        yield return SamplerChain.Create(new SamplingParameters { Temperature = 0, Seed = 1 });
        yield return SamplerChain.Create(new SamplingParameters { Seed = 2 });
        yield return SamplerChain.Create(new SamplingParameters { TopP = 0, Seed = 3 });
        yield return SamplerChain.Create(new SamplingParameters { TopP = 0.5f, Temperature = 1e-6f, Seed = 4 });
        yield return SamplerChain.Create(new SamplingParameters { TopP = 0.9999999f, Seed = 5 });
        yield return SamplerChain.Create(new SamplingParameters { TopK = 1, Seed = 6 });
        yield return SamplerChain.Create(new SamplingParameters { TopK = 1500, TopP = 0.99f, Seed = 8 });
        yield return SamplerChain.Create(new SamplingParameters { TopK = 1_000_000, MinP = 1, Seed = 9 });
        yield return SamplerChain.Create([SamplerStage.TopK(50), SamplerStage.Temperature(3e37f), SamplerStage.TopP(0.5f)], 10);
        yield return SamplerChain.Create([SamplerStage.MinP(0), SamplerStage.TopP(1), SamplerStage.TopK(0), SamplerStage.Greedy()], 11);
        yield return SamplerChain.Create([SamplerStage.RepetitionPenalty(0.6f, 37)], 12);
        yield return SamplerChain.Create([SamplerStage.FrequencyPenalty(-0.7f, 1), SamplerStage.MinP(0.3f)], 13);
    }

    /// <summary>Chains that leave thousands of tokens of a long row, or cut twice, or scale in between: a device takes another way for each.</summary>
    public static IEnumerable<SamplerChain> LongChains()
    {
        SamplerStage[][] chains =
        [
            [SamplerStage.TopK(40), SamplerStage.TopP(0.95f), SamplerStage.Temperature(0.8f)],
            [SamplerStage.TopK(9000)],
            [SamplerStage.TopK(9000), SamplerStage.MinP(0.0002f), SamplerStage.Temperature(1.4f)],
            [SamplerStage.TopK(9000), SamplerStage.TopP(0.9f)],
            [SamplerStage.Temperature(1.5f), SamplerStage.TopP(0.95f), SamplerStage.MinP(0.0003f)],
            [SamplerStage.TopP(0.97f), SamplerStage.Temperature(0.7f)],
            [SamplerStage.MinP(1e-5f), SamplerStage.Temperature(0.9f)],
            [SamplerStage.MinP(1e-5f), SamplerStage.TopP(0.9f)],
            [SamplerStage.Temperature(0.9f), SamplerStage.MinP(1e-5f), SamplerStage.TopK(8000), SamplerStage.TopP(0.9999f)],
            [SamplerStage.MinP(1e-5f), SamplerStage.Temperature(2), SamplerStage.TopP(0.9f), SamplerStage.TopK(5)],
            [SamplerStage.TopP(0.99f), SamplerStage.Temperature(2), SamplerStage.TopK(3000)],
            [SamplerStage.TopK(400), SamplerStage.Temperature(3e37f), SamplerStage.Greedy()],
            [SamplerStage.Temperature(3e37f), SamplerStage.Greedy()],
            [SamplerStage.LogitBias(new Dictionary<int, float> { [0] = 9, [4096] = -3 }), SamplerStage.RepetitionPenalty(1.5f, 30), SamplerStage.TopP(0.97f)],
            [SamplerStage.FrequencyPenalty(0.4f, 30)],
        ];
        return chains.Select((stages, i) => SamplerChain.Create(stages, (ulong)i));
    }

    /// <summary>Rows full of ties, gaps, impossible tokens and large numbers, and one whose best lie side by side.</summary>
    public static IEnumerable<float[]> Logits(int vocab)
    {
        yield return Rows.Normal(vocab, 3, seed: vocab);
        yield return [.. Rows.Normal(vocab, 2, seed: vocab + 1).Select(x => MathF.Round(x))];
        yield return [.. Rows.Normal(vocab, 2, seed: vocab + 2).Select((x, i) => i % 3 == 1 ? float.NegativeInfinity : x)];
        yield return [.. Enumerable.Range(0, vocab).Select(i => i % 2 == 0 ? 0f : -0f)];
        yield return [.. Rows.Normal(vocab, 1e30, seed: vocab + 3)];
        yield return [.. Enumerable.Range(0, vocab).Select(i => i == vocab / 2 ? 1f : float.NegativeInfinity)];
        yield return [.. Enumerable.Range(0, vocab).Select(i => i * 1e-3f)];
    }

    /// <summary>Every chain over every row, as batches of as many passes: the tokens of the CPU chain.</summary>
    public static void Agree(ComputeDevice device, int vocab, IEnumerable<SamplerChain> chains)
    {
        SamplingCase[] cases =
        [
            .. chains.SelectMany((chain, c) => Logits(vocab).Select((row, r) => new SamplingCase(row, chain)
            {
                History = HistoryOf(vocab, r % 2 == 0 ? 90 : 9, seed: c),
                Sequence = (ulong)r << 33,
                Position = (c * 100L) + r,
            })),
        ];
        foreach (IGrouping<int, SamplingCase> batch in cases.GroupBy(one => SamplingRow.Create(one.Chain, 0, 0).Passes))
        {
            Agree(device, [.. batch]);
        }
    }

    /// <summary>Cases as one batch: the tokens of the CPU chain.</summary>
    public static void Agree(ComputeDevice device, SamplingCase[] cases)
    {
        using SamplingRig rig = new SamplingRig(device, cases).Run();
        (int[] tokens, float[] logs) = (rig.Tokens, rig.LogProbabilities);
        Assert.That(rig.Statuses, Is.All.EqualTo(SamplingStatus.Chosen));
        for (int i = 0; i < cases.Length; i++)
        {
            SampleResult host = cases[i].OnTheHost();
            Assert.That(tokens[i], Is.EqualTo(host.Token), $"case {i}");
            Assert.That(logs[i], Is.EqualTo(host.LogProbability).Within(2 * Tolerance.Ulp(Math.Max(1, Math.Abs(host.LogProbability)))), $"case {i}");
            AgreesWithTheReference(cases[i], tokens[i]);
        }

        Assert.That(rig.LogitsAreUnchanged);
    }

    /// <summary>A row's results are the same alone, twice, and in any place of any batch.</summary>
    public static void RowsAlone(ComputeDevice device, int vocab = 700)
    {
        SamplingCase[] cases =
        [
            .. Chains().Take(6).Select((chain, i) => new SamplingCase(Rows.Normal(vocab, 2, seed: i), chain)
            {
                History = HistoryOf(vocab, 40, i),
                Sequence = 5,
                Position = i,
            }),
        ];
        using SamplingRig batch = new SamplingRig(device, cases, top: 3).Run();
        using SamplingRig reversed = new SamplingRig(device, [.. cases.Reverse()], top: 3).Run();
        Assert.That(reversed.Tokens.Reverse(), Is.EqualTo(batch.Tokens));
        Assert.That(reversed.LogProbabilities.Reverse(), Is.EqualTo(batch.LogProbabilities));
        for (int i = 0; i < cases.Length; i++)
        {
            using SamplingRig alone = new SamplingRig(device, [cases[i]], top: 3).Run();
            Assert.That(alone.Tokens[0], Is.EqualTo(batch.Tokens[i]));
            Assert.That(alone.LogProbabilities[0], Is.EqualTo(batch.LogProbabilities[i]));
            Assert.That(alone.TopLogProbabilities, Is.EqualTo(batch.TopLogProbabilities[(3 * i)..((3 * i) + 3)]));
        }
    }

    /// <summary>The best of the unmodified row go with the token.</summary>
    public static void TopLists(ComputeDevice device, int vocab, int top)
    {
        SamplerChain chain = SamplerChain.Create(new SamplingParameters { Temperature = 0.7f, TopK = 3, Seed = 1 });
        SamplingCase[] cases = [.. Logits(vocab).Select(row => new SamplingCase(row, chain))];
        using SamplingRig rig = new SamplingRig(device, cases, top).Run();
        (int[] tokens, float[] logs) = (rig.TopTokens, rig.TopLogProbabilities);
        for (int r = 0; r < cases.Length; r++)
        {
            var expected = new TokenLogProbability[top];
            int count = cases[r].OnTheHost(expected).TopCount;
            for (int i = 0; i < top; i++)
            {
                int at = (r * top) + i;
                Assert.That(tokens[at], Is.EqualTo(i < count ? expected[i].Token : -1), $"row {r}, place {i}");
                float log = i < count ? expected[i].LogProbability : float.NegativeInfinity;
                Assert.That(logs[at], Is.EqualTo(log).Within(2 * Tolerance.Ulp(Math.Clamp(Math.Abs(log), 1, 100))).Or.EqualTo(log), $"row {r}, place {i}");
            }

            Assert.That(rig.Tokens[r], Is.EqualTo(cases[r].OnTheHost().Token));
        }
    }

    /// <summary>Rows that cannot be sampled say so, and the others do not mind.</summary>
    public static void Statuses(ComputeDevice device)
    {
        SamplerChain plain = SamplerChain.Create(new SamplingParameters { Temperature = 0, Seed = 1 });
        SamplerChain ban = SamplerChain.Create([SamplerStage.LogitBias(new Dictionary<int, float> { [2] = float.NegativeInfinity }), SamplerStage.TopK(1)], 1);
        SamplerChain huge = SamplerChain.Create([SamplerStage.FrequencyPenalty(-3e38f, 4), SamplerStage.TopP(0.5f)], 1);
        float no = float.NegativeInfinity;
        SamplingCase[] cases =
        [
            new([0, float.NaN, 1], plain), new([0, 1, float.PositiveInfinity], plain), new([no, no, no], plain), new([no, no, 1], ban),
            new([0, 1, 2], huge) { History = [1, 1] }, new([0, 2, 1], plain) { Position = 9 },
        ];
        using SamplingRig rig = new SamplingRig(device, cases, advance: true).Run();
        Assert.That(rig.Statuses, Is.EqualTo(new[]
        {
            SamplingStatus.NotANumber, SamplingStatus.PositiveInfinity, SamplingStatus.NothingPossible, SamplingStatus.AllBanned,
            SamplingStatus.Overflow, SamplingStatus.Chosen,
        }));
        Assert.That(rig.Tokens, Is.EqualTo(new[] { 0, 0, 0, 0, 0, 1 }));
        Assert.That(rig.LogProbabilities[..5], Is.All.NaN);
        Assert.That(rig.LogProbabilities[5], Is.Not.NaN);
        Assert.That(rig.Rows.Select(row => row.Position), Is.EqualTo(new long[] { 0, 0, 0, 0, 0, 10 }), "only who has a token goes on");
        Assert.That(rig.Rows.Select(row => row.HistoryLength), Is.EqualTo(new[] { 0, 0, 0, 0, 2, 1 }));
    }

    /// <summary>Zeroed parameters: nothing of the row is touched.</summary>
    public static void InactiveRows(ComputeDevice device)
    {
        SamplerChain chain = SamplerChain.Create([SamplerStage.Greedy()], 1);
        SamplingCase[] cases = [new([0, 3, 1], chain), new([float.NaN, 3, 1], chain), new([2, 0, 1], chain)];
        using var rig = new SamplingRig(device, cases, top: 2, advance: true);
        rig.SetRow(1, default);
        rig.Run();
        Assert.That(rig.Tokens, Is.EqualTo(new[] { 1, int.MinValue, 0 }));
        Assert.That((int)rig.Statuses[1], Is.EqualTo(int.MinValue));
        Assert.That(rig.TopTokens[2..4], Is.All.EqualTo(int.MinValue));
        Assert.That(rig.Rows[1], Is.EqualTo(default(SamplingRow)));
    }

    /// <summary>
    /// A sequence that moves on by itself, from a recording where the device makes one: the tokens of the host, which is told each of them.
    /// </summary>
    public static void Advances(ComputeDevice device, int steps)
    {
        const int Vocab = 50;
        SamplerChain chain = SamplerChain.Create(new SamplingParameters
        {
            RepetitionPenalty = 1.5f,
            FrequencyPenalty = 0.5f,
            PenaltyLastTokens = SamplingRig.HistoryCapacity,
            Seed = 3,
        });
        float[] logits = Rows.Normal(Vocab, 1, seed: 1);
        int[] prompt = HistoryOf(Vocab, 30, seed: 2);
        var one = new SamplingCase(logits, chain) { History = prompt, Position = prompt.Length, Sequence = 4 };
        var state = new SamplerState();
        state.Accept(prompt);
        var host = new CpuSampling();
        using var rig = new SamplingRig(device, [one], advance: true);
        DeviceRecording? recording = null;
        for (int i = 0; i < steps; i++)
        {
            int expected = host.Sample(logits, chain, state, 4, state.Count).Token;
            state.Accept(expected);
            Step(rig, recording);
            Assert.That(rig.Tokens[0], Is.EqualTo(expected), $"step {i}");
            recording ??= rig.Record();
        }

        recording?.Dispose();

        Assert.That(rig.Rows[0].Position, Is.EqualTo(prompt.Length + steps));
        Assert.That(rig.Rows[0].HistoryLength, Is.EqualTo(prompt.Length + steps));
        Assert.That(rig.History[..SamplingRig.HistoryCapacity].Order(), Is.EqualTo(state.Tokens[^SamplingRig.HistoryCapacity..].ToArray().Order()));
    }

    /// <summary>The largest, the best and the log-softmax of rows.</summary>
    /// <returns>Every byte that was written.</returns>
    public static byte[] PlainRows(ComputeDevice device, int vocab)
    {
        float[][] rows = [.. Logits(vocab), [.. Enumerable.Repeat(float.NegativeInfinity, vocab)], [.. Enumerable.Repeat(float.NaN, vocab)]];
        using var tensors = new TestTensors(device);
        Tensor logits = tensors.Of([.. rows.SelectMany(row => row)], rows.Length, vocab);
        Tensor best = tensors.Of(new int[rows.Length]);
        Tensor output = tensors.Of(new float[rows.Length * vocab], rows.Length, vocab);
        Tensor tokens = tensors.Of(new int[rows.Length * 2], rows.Length, 2);
        Tensor logs = tensors.Of(new float[rows.Length * 2], rows.Length, 2);
        device.Sampling.ArgMaxRows(best, logits);
        device.Sampling.LogSoftmaxRows(output, logits);
        device.Sampling.TopRows(tokens, logs, logits);
        for (int r = 0; r < rows.Length; r++)
        {
            bool hasSoftmax = rows[r].Any(x => !float.IsNaN(x) && !float.IsInfinity(x));
            float[] row = rows[r], actual = tensors.Floats(output)[(r * vocab)..((r + 1) * vocab)];
            int[] order = [.. Enumerable.Range(0, vocab).Where(i => row[i] > float.NegativeInfinity).OrderByDescending(i => row[i]).ThenBy(i => i)];
            Assert.That(tensors.Ints(best)[r], Is.EqualTo(order.FirstOrDefault(-1)), $"row {r}");
            Assert.That(tensors.Ints(tokens)[(2 * r)..((2 * r) + 2)], Is.EqualTo(order.Append(-1).Append(-1).Take(2)), $"row {r}");
            if (!hasSoftmax)
            {
                Assert.That(actual.Concat(tensors.Floats(logs)[(2 * r)..((2 * r) + 2)]), Is.All.NaN);
                continue;
            }

            CheckLogSoftmax(row, actual);
            Assert.That(tensors.Floats(logs)[2 * r], Is.EqualTo(actual[order[0]]), "the same sum in the same order");
        }

        return [.. tensors.Bytes(best), .. tensors.Bytes(output), .. tensors.Bytes(tokens), .. tensors.Bytes(logs)];
    }

    /// <summary>A wrong operand is an error of the caller before anything is done.</summary>
    public static void RefusesWrongOperand(ComputeDevice device, string broken)
    {
        using var tensors = new TestTensors(device);
        var batch = new SamplingBatch
        {
            Logits = broken == "logits" ? tensors.Of(new int[6], 2, 3) : tensors.Of(new float[6], 2, 3),
            Rows = tensors.Of<byte>(DType.U8, new byte[broken == "rows" ? 80 : 160]),
            Tokens = tensors.Of(new int[broken == "tokens" ? 1 : 2]),
            LogProbabilities = tensors.Of(new float[2]),
            Statuses = tensors.Of(new int[broken == "statuses" ? 3 : 2]),
            TopTokens = broken == "top" ? tensors.Of(new int[2], 2, 1) : default,
            History = broken == "history" ? tensors.Of(new int[5000], 1, 5000) : default,
            Biases = broken == "biases" ? tensors.Of(new int[3], 1, 3) : default,
            Passes = broken == "passes" ? 4 : 0,
        };
        Assert.That(() => device.Sampling.SampleRows(batch), Throws.ArgumentException);
    }

    public static int[] HistoryOf(int vocab, int length, int seed)
    {
        // Few different tokens, so that they repeat, and some that the vocabulary does not have.
        var random = new Random(seed);
        return [.. Enumerable.Range(0, length).Select(_ => random.Next(Math.Min(vocab + 2, 12)))];
    }

    private static void CheckLogSoftmax(float[] row, float[] actual)
    {
        double max = row.Max();
        double logSum = Math.Log(row.Sum(x => Math.Exp(x - max)));
        float plainSum = 0;
        foreach (float x in row)
        {
            plainSum += MathF.Exp(x - (float)max);
        }

        for (int i = 0; i < row.Length; i++)
        {
            double exact = row[i] - max - logSum;
            float plain = row[i] - (float)max - MathF.Log(plainSum);
            double allowed = double.IsFinite(exact) ? (2 * Math.Abs(plain - exact)) + Tolerance.Ulp(Math.Max(1, Math.Abs(exact))) : 0;
            Assert.That(actual[i] == exact || Math.Abs(actual[i] - exact) <= allowed, $"entry {i}: {actual[i]:R}, expected {exact:R}");
        }
    }

    private static void Step(SamplingRig rig, DeviceRecording? recording)
    {
        if (recording is null)
        {
            rig.Run();
        }
        else
        {
            recording.Launch();
        }
    }

    // By the formulas in double; where a decision or the draw is closer than single precision can tell, either token is right.
    private static void AgreesWithTheReference(SamplingCase one, int token)
    {
        var reference = new SamplingReference(one.History);
        double[] p = reference.Distribution(one.Logits, one.Chain);
        if (reference.Margin is < 1e-5 and > 1e-14)
        {
            return;
        }

        double part = Philox.Uniform(one.Chain.Seed, one.Sequence, one.Position, RandomPurpose.Draw);
        double before = p.Take(token).Sum();
        bool greedy = one.Chain.Stages is [.., { Kind: SamplerStageKind.Greedy }];
        Assert.That(p[token], Is.Positive, "a token that the stages removed");
        Assert.That(greedy || (part >= before - 2e-5 && part <= before + p[token] + 2e-5), "another token than the number drawn means");
    }
}
