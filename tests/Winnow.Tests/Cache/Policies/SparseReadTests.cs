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
/// Sparse reading against attention in double precision over what the rule says is read: a decode step of two sequences over random keys and values, layer by layer.
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
        Run(policy, simulator, (layer, sequence, head, all) =>
        {
            int selecting = layer >= 3 ? 3 : 1;
            double[][] heads = [.. Enumerable.Range(0, Group).Select(h => Softmax(all[selecting].Scores(sequence, (head / Group * Group) + h)))];
            double[] mass = [.. heads[0].Select((_, slot) => heads.Sum(row => row[slot]))];
            int count = mass.Length;
            bool[] listed = new bool[count];
            listed[count - 1] = true;
            foreach (int slot in Enumerable.Range(0, count - 1).OrderByDescending(slot => mass[slot]).Take(budget - 1))
            {
                listed[slot] = true;
            }

            double[] scores = all[layer].Scores(sequence, head);
            return layer is 0 or 1 or 3 ? scores : [.. scores.Select((score, slot) => listed[slot] ? score : double.NegativeInfinity)];
        });
    }

    private static void Run(SparseReadPolicy policy, bool simulator, Func<int, int, int, IReadOnlyList<LayerOfTest>, double[]> scoresOf)
    {
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
        using SparseReader reader = policy.CreateReader(device, Config, cache, 2, 2);
        int[] lengths = [61, 34];
        var random = new Random(5);
        KvSequence[] sequences = [cache.CreateSequence(), cache.CreateSequence()];
        LayerOfTest[] layers = [.. Enumerable.Range(0, Layers).Select(_ => new LayerOfTest(random, lengths))];
        Append(device, cache, sequences, layers, [.. lengths.Select(length => length - 1)], 0);
        for (int s = 0; s < 2; s++)
        {
            cache.Advance(sequences[s], lengths[s] - 1);
        }

        reader.Prepare(sequences, decodes: true);
        using var step = new StepTensors(device, sequences, [1, 1], [.. lengths.Select(length => length - 1)]);
        Append(device, cache, sequences, layers, [1, 1], 1, lengths);
        reader.Begin();
        for (int layer = 0; layer < Layers; layer++)
        {
            Tensor queries = step.Upload(layers[layer].Queries, 2);
            Tensor output = step.Upload(new float[2 * Heads * HeadDim], 2);
            reader.Attend(new SparseLayer
            {
                Output = output,
                Queries = queries,
                Cache = cache.Device,
                Batch = step.Batch,
                Arguments = new AttentionArguments { Layer = layer, Scale = Config.AttentionScale },
            });
            float[] actual = new float[2 * Heads * HeadDim];
            device.Download(output, actual.AsSpan());
            for (int row = 0; row < 2 * Heads; row++)
            {
                double[] weights = Softmax(scoresOf(layer, row / Heads, row % Heads, layers));
                double[] expected = layers[layer].Mix(row / Heads, row % Heads, weights);
                Assert.That(actual[(row * HeadDim)..((row + 1) * HeadDim)], Is.EqualTo(expected).Within(2e-5), $"layer {layer}, row {row}");
            }
        }
    }

    private static void Append(
        ComputeDevice device, KvCache cache, KvSequence[] sequences, LayerOfTest[] layers, int[] tokens, int part, int[]? lengths = null)
    {
        for (int s = 0; s < sequences.Length; s++)
        {
            Assert.That(cache.TryReserve(sequences[s], tokens[s]), Is.True);
        }

        using var step = new StepTensors(device, sequences, tokens, [.. tokens.Select((_, s) => part == 0 ? 0 : lengths![s] - 1)]);
        for (int layer = 0; layer < layers.Length; layer++)
        {
            float[] keys = layers[layer].Part(layers[layer].Keys, tokens, part, lengths);
            float[] values = layers[layer].Part(layers[layer].Values, tokens, part, lengths);
            device.Cache.Append(cache.Device, step.Batch, layer, step.Upload(keys, tokens.Sum()), step.Upload(values, tokens.Sum()));
        }
    }

    private static double[] Softmax(double[] scores)
    {
        double greatest = scores.Max();
        double sum = scores.Sum(score => Math.Exp(score - greatest));
        return [.. scores.Select(score => Math.Exp(score - greatest) / sum)];
    }

    /// <summary>One layer's numbers: keys and values of each sequence, [length][kvHeads * headDim], and a query of each.</summary>
    private sealed class LayerOfTest(Random random, int[] lengths)
    {
        public float[][] Keys { get; } = [.. lengths.Select(length => Normal(random, length * KvHeads * HeadDim))];

        public float[][] Values { get; } = [.. lengths.Select(length => Normal(random, length * KvHeads * HeadDim))];

        public float[] Queries { get; } = Normal(random, lengths.Length * Heads * HeadDim);

        public double[] Scores(int sequence, int head, float[]? queries = null)
        {
            float[] q = queries ?? Queries;
            return [.. Enumerable.Range(0, lengths[sequence]).Select(slot => Config.AttentionScale * Enumerable.Range(0, HeadDim).Sum(c =>
                (double)q[(((sequence * Heads) + head) * HeadDim) + c] * Keys[sequence][(((slot * KvHeads) + (head / Group)) * HeadDim) + c]))];
        }

        public double[] Mix(int sequence, int head, double[] weights) => [.. Enumerable.Range(0, HeadDim).Select(c =>
            weights.Select((weight, slot) => weight * Values[sequence][(((slot * KvHeads) + (head / Group)) * HeadDim) + c]).Sum())];

        public float[] Part(float[][] all, int[] tokens, int part, int[]? ends) => [.. all.SelectMany((rows, s) =>
            part == 0 ? rows.Take(tokens[s] * KvHeads * HeadDim) : rows.Skip((ends![s] - 1) * KvHeads * HeadDim).Take(KvHeads * HeadDim))];

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
