using System;
using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;
using Winnow.Cache;
using Winnow.Cache.Policies;
using Winnow.Kernels;
using Winnow.Kernels.Attention;
using Winnow.Kernels.Cache;
using Winnow.Models;

namespace Winnow.Tests.Cache.Policies;

/// <summary>
/// Sparse reading against attention in double precision over what the rule says is read: a step of two sequences over random keys and values, layer by layer.
/// </summary>
internal sealed class SparseReadTests
{
    private const int Layers = 6;
    private const int KvHeads = 2;
    private const int Group = 2;
    private const int HeadDim = 16;
    private const int Heads = KvHeads * Group;

    private static readonly ModelConfig Config = PolicyHarness.Config with { Layers = Layers, KvHeads = KvHeads, Heads = Heads, HeadDim = HeadDim, AttentionScale = 0.25f };

    [Test]
    public void TidalDecode_ReadsWhatItsLayersSelected([Values(3, 17, 500)] int budget, [Values(false, true)] bool simulator)
    {
        var policy = new TidalDecodePolicy(KvBudget.Slots(budget), start: 1, correction: 3);
        Run(policy, simulator, [1, 1], (layer, sequence, position, head, all) =>
        {
            int selecting = layer >= 3 ? 3 : 1;
            double[][] heads = [.. Enumerable.Range(0, Group).Select(h => Softmax(all[selecting].Scores(sequence, position, (head / Group * Group) + h)))];
            double[] mass = [.. heads[0].Select((_, slot) => heads.Sum(row => row[slot]))];
            int count = mass.Length;
            bool[] listed = new bool[count];
            listed[count - 1] = true;
            foreach (int slot in Enumerable.Range(0, count - 1).OrderByDescending(slot => mass[slot]).Take(budget - 1))
            {
                listed[slot] = true;
            }

            double[] scores = all[layer].Scores(sequence, position, head);
            return layer is 0 or 1 or 3 ? scores : [.. scores.Select((score, slot) => listed[slot] ? score : double.NegativeInfinity)];
        });
    }

    [Test]
    public void Pod_ReadsDistantTokensAsTheLeaderDoes(
        [Values("6", "17", "500", "0.3", "1.0", "6KiB")] string budget, [Values(0, 4)] int sinks, [Values] bool prompt, [Values] bool simulator)
    {
        KvBudget parsed = KvBudget.Parse(budget);
        int[] leaders = [0, 0, 2, 2, 2, 5];
        Run(new PodPolicy(parsed, sinks, starts: [2, 5]), simulator, prompt ? [40, 3] : [1, 1], (layer, sequence, position, head, all) =>
        {
            // A page of 16 slots is 2 KiB and 12 heads have no page of 6 KiB: what is protected stays.
            int near = budget switch
            {
                "6KiB" => 0,
                "0.3" => (int)Math.Floor((0.3 * (position + 1)) + 0.5),
                "1.0" => position + 1,
                _ => int.Parse(budget),
            };
            int window = Math.Max(1, near - sinks);
            double[] own = all[layer].Scores(sequence, position, head), leader = all[leaders[layer]].Scores(sequence, position, head);
            return [.. own.Select((score, slot) => slot < sinks || slot > position - window ? score : leader[slot])];
        });
    }

    [Test]
    public void Pod_LeadersAreTheFirstLayersWithoutAWindow()
    {
        ModelConfig config = Config with { Window = 8, WindowLayers = [true, false, false, true, false, false] };
        int[] Leaders(PodPolicy policy, ModelConfig? of = null) => policy.LeadersOf(of ?? Config);

        Assert.That(Leaders(new PodPolicy(KvBudget.Slots(9))), Is.EqualTo(new[] { 0, 0, 2, 2, 4, 4 }));
        Assert.That(Leaders(new PodPolicy(KvBudget.Slots(9), group: 4)), Is.EqualTo(new[] { 0, 0, 0, 0, 4, 4 }));
        Assert.That(Leaders(new PodPolicy(KvBudget.Slots(9), group: 1)), Is.EqualTo(new[] { 0, 1, 2, 3, 4, 5 }));
        Assert.That(Leaders(new PodPolicy(KvBudget.Everything)), Is.EqualTo(new[] { 0, 1, 2, 3, 4, 5 }));
        Assert.That(Leaders(new PodPolicy(KvBudget.Slots(9), group: 3), config), Is.EqualTo(new[] { 0, 1, 1, 3, 1, 5 }));
        Assert.That(Leaders(new PodPolicy(KvBudget.Slots(9), starts: [3]), config), Is.EqualTo(new[] { 0, 1, 1, 3, 4, 4 }));
        Assert.That(() => Leaders(new PodPolicy(KvBudget.Slots(9), starts: [3, 6])), Throws.ArgumentException.With.Message.Contains("layer 6").And.Message.Contains("0 to 5"));
    }

    [Test]
    public void Pod_BelowWhatIsProtectedSaysTheLeast()
    {
        Assert.That(() => KvPolicies.Create("pod", KvBudget.Slots(4)), Throws.ArgumentException.With.Message.Contains("the least is 5"));
        Assert.That(() => KvPolicies.Create("pod", KvBudget.Slots(5)), Throws.Nothing);
    }

    private static void Run(SparseReadPolicy policy, bool simulator, int[] own, Func<int, int, int, int, IReadOnlyList<LayerOfTest>, double[]> scoresOf)
    {
        int tokens = own.Sum();
        using ComputeDevice device = simulator ? TestDevices.Simulator() : new CpuDevice(1);
        using var cache = new KvCache(device, new KvCacheOptions
        {
            Layers = Layers,
            KvHeads = KvHeads,
            HeadDim = HeadDim,
            Pages = 200,
            MaxSequences = 2,
            MaxTokens = 96,
            Attributes = policy.Planes,
        });
        using SparseReader reader = policy.CreateReader(device, Config, cache, 2, tokens);
        int[] lengths = [61, 34];
        var random = new Random(5);
        KvSequence[] sequences = [cache.CreateSequence(), cache.CreateSequence()];
        LayerOfTest[] layers = [.. Enumerable.Range(0, Layers).Select(_ => new LayerOfTest(random, lengths))];
        int[] before = [.. lengths.Zip(own, (length, count) => length - count)];
        Append(device, cache, sequences, layers, [0, 0], before);
        for (int s = 0; s < 2; s++)
        {
            cache.Advance(sequences[s], before[s]);
        }

        reader.Prepare(sequences, decodes: own.All(count => count == 1));
        using var step = new StepTensors(device, sequences, own, before);
        Append(device, cache, sequences, layers, before, own);
        reader.Begin();
        for (int layer = 0; layer < Layers; layer++)
        {
            Tensor queries = step.Upload(LayerOfTest.Part(layers[layer].Queries, before, own, Heads), tokens);
            Tensor output = step.Upload(new float[tokens * Heads * HeadDim], tokens);
            reader.Attend(new SparseLayer
            {
                Output = output,
                Queries = queries,
                Cache = cache.Device,
                Batch = step.Batch,
                Arguments = new AttentionArguments { Layer = layer, Scale = Config.AttentionScale },
            });
            float[] actual = new float[tokens * Heads * HeadDim];
            device.Download(output, actual.AsSpan());
            for (int row = 0; row < tokens * Heads; row++)
            {
                int token = row / Heads, sequence = token < own[0] ? 0 : 1, position = before[sequence] + token - (sequence * own[0]);
                double[] weights = Softmax(scoresOf(layer, sequence, position, row % Heads, layers));
                double[] expected = layers[layer].Mix(sequence, row % Heads, weights);
                Assert.That(actual[(row * HeadDim)..((row + 1) * HeadDim)], Is.EqualTo(expected).Within(2e-5), $"layer {layer}, row {row}");
            }
        }
    }

    private static void Append(ComputeDevice device, KvCache cache, KvSequence[] sequences, LayerOfTest[] layers, int[] first, int[] tokens)
    {
        for (int s = 0; s < sequences.Length; s++)
        {
            Assert.That(cache.TryReserve(sequences[s], tokens[s]), Is.True);
        }

        using var step = new StepTensors(device, sequences, tokens, first);
        for (int layer = 0; layer < layers.Length; layer++)
        {
            float[] keys = LayerOfTest.Part(layers[layer].Keys, first, tokens, KvHeads);
            float[] values = LayerOfTest.Part(layers[layer].Values, first, tokens, KvHeads);
            device.Cache.Append(cache.Device, step.Batch, layer, step.Upload(keys, tokens.Sum()), step.Upload(values, tokens.Sum()));
        }
    }

    private static double[] Softmax(double[] scores)
    {
        double greatest = scores.Max();
        double sum = scores.Sum(score => Math.Exp(score - greatest));
        return [.. scores.Select(score => Math.Exp(score - greatest) / sum)];
    }

    /// <summary>One layer's numbers: keys and values of each sequence, [length][kvHeads * headDim], and its queries, [length][heads * headDim].</summary>
    private sealed class LayerOfTest(Random random, int[] lengths)
    {
        public float[][] Keys { get; } = [.. lengths.Select(length => Normal(random, length * KvHeads * HeadDim))];

        public float[][] Values { get; } = [.. lengths.Select(length => Normal(random, length * KvHeads * HeadDim))];

        public float[][] Queries { get; } = [.. lengths.Select(length => Normal(random, length * Heads * HeadDim))];

        /// <summary>The scores of all slots up to a query's position.</summary>
        public double[] Scores(int sequence, int position, int head) =>
            [.. Enumerable.Range(0, position + 1).Select(slot => Config.AttentionScale * Enumerable.Range(0, HeadDim).Sum(c =>
                (double)Queries[sequence][(((position * Heads) + head) * HeadDim) + c] * Keys[sequence][(((slot * KvHeads) + (head / Group)) * HeadDim) + c]))];

        public double[] Mix(int sequence, int head, double[] weights) => [.. Enumerable.Range(0, HeadDim).Select(c =>
            weights.Select((weight, slot) => weight * Values[sequence][(((slot * KvHeads) + (head / Group)) * HeadDim) + c]).Sum())];

        /// <summary>Some tokens of each sequence, one after the other.</summary>
        public static float[] Part(float[][] all, int[] first, int[] tokens, int heads) =>
            [.. all.SelectMany((rows, s) => rows.Skip(first[s] * heads * HeadDim).Take(tokens[s] * heads * HeadDim))];

        private static float[] Normal(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ =>
            (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble())))];
    }

    /// <summary>The tokens of a step on the device.</summary>
    private sealed class StepTensors : IDisposable
    {
        private readonly ComputeDevice _device;
        private readonly List<DeviceBuffer> _buffers = [];

        public StepTensors(ComputeDevice device, KvSequence[] sequences, int[] tokens, int[] first)
        {
            _device = device;
            int[] starts = [0, .. tokens.Select((_, s) => tokens.Take(s + 1).Sum())];
            Batch = new RaggedBatch
            {
                Rows = Ints([.. sequences.Select(sequence => sequence.Row)]),
                Starts = Ints(starts),
                Positions = Ints([.. tokens.SelectMany((count, s) => Enumerable.Range(first[s], count))]),
            };
        }

        public RaggedBatch Batch { get; }

        public Tensor Upload(float[] values, int rows)
        {
            Tensor tensor = _device.AllocateTensor(DType.F32, new Shape(rows, values.Length / rows));
            _buffers.Add(tensor.Buffer);
            _device.Upload<float>(tensor, values);
            return tensor;
        }

        public void Dispose() => _buffers.ForEach(buffer => buffer.Dispose());

        private Tensor Ints(int[] values)
        {
            Tensor tensor = _device.AllocateTensor(DType.I32, new Shape(values.Length));
            _buffers.Add(tensor.Buffer);
            _device.Upload<int>(tensor, values);
            return tensor;
        }
    }
}
