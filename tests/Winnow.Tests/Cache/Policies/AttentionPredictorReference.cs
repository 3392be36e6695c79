using System;
using System.Collections.Generic;
using System.Linq;

namespace Winnow.Tests.Cache.Policies;

/// <summary>
/// What one KV head of one layer of a text reads under AttentionPredictor, in double precision: the history as a list of rows, the network as the authors' code has it.
/// </summary>
internal sealed class AttentionPredictorReference(int budget, int sinks, int local, int calibration)
{
    private const int Width = 16;
    private const int Steps = 64;

    private readonly List<double[]> _history = [];

    /// <summary>Which slots the token at the end of a text of so many tokens reads.</summary>
    public bool[] Reads(int tokens)
    {
        if (budget >= tokens || (calibration > 0 && tokens % calibration == 0))
        {
            return [.. Enumerable.Repeat(true, tokens)];
        }

        (int first, int end) = (sinks / Width, ((tokens + Width - 1) / Width) - (local / Width));
        double[] scores = Scores(first, end);
        HashSet<int> blocks = [.. Enumerable.Range(0, scores.Length).OrderByDescending(b => scores[b]).Take((budget - sinks - local) / Width).Select(b => first + b)];
        return [.. Enumerable.Range(0, tokens).Select(slot => slot < sinks || slot >= tokens - local || blocks.Contains(slot / Width))];
    }

    /// <summary>Notes what the query heads of the group paid each slot, for the next token of the text.</summary>
    public void Add(double[][] probabilities) => _history.Add([.. Enumerable.Range(0, (probabilities[0].Length + Width - 1) / Width).Select(block =>
        probabilities.Max(head => head.Skip(block * Width).Take(Width).Max()))]);

    private double[] Scores(int first, int end)
    {
        if (end - first < 3)
        {
            return [.. Enumerable.Repeat(1.0, Math.Max(0, end - first))];
        }

        double[][][] planes =
        [
            [
                .. Enumerable.Range(_history.Count - Steps, Steps).Select(step => Enumerable.Range(first, end - first).Select(block =>
                    step < 0 || block >= _history[step].Length ? 0 : _history[step][block]).ToArray()),
            ],
        ];
        planes = Convolve(planes, AttentionPredictorWeightFile.Values("conv1.weight"), AttentionPredictorWeightFile.Values("conv1.bias"));
        planes = Convolve(planes, AttentionPredictorWeightFile.Values("conv2.weight"), AttentionPredictorWeightFile.Values("conv2.bias"));
        float[] third = AttentionPredictorWeightFile.Values("conv3.weight");
        float bias = AttentionPredictorWeightFile.Values("conv3.bias")[0];
        return [.. Enumerable.Range(0, end - first).Select(b => bias + planes.Select((plane, c) => third[c] * plane.Average(row => row[b])).Sum())];
    }

    private static double[][][] Convolve(double[][][] input, float[] weights, float[] biases)
    {
        (int steps, int blocks) = (input[0].Length, input[0][0].Length);
        return [.. biases.Select((bias, to) => Enumerable.Range(0, steps).Select(t => Enumerable.Range(0, blocks).Select(b =>
        {
            double sum = bias;
            for (int i = 0; i < input.Length * 9; i++)
            {
                (int from, int step, int block) = (i / 9, t - 1 + (i % 9 / 3), b - 1 + (i % 3));
                bool inside = step >= 0 && step < steps && block >= 0 && block < blocks;
                sum += inside ? weights[(to * input.Length * 9) + i] * input[from][step][block] : 0;
            }

            return Math.Max(0, sum);
        }).ToArray()).ToArray())];
    }
}
