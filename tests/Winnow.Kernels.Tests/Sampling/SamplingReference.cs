using System;
using System.Collections.Generic;
using System.Linq;
using Winnow.Kernels.Sampling;

namespace Winnow.Kernels.Tests.Sampling;

/// <summary>The stages by their formulas, in double precision, by sorting and dictionaries: slow and plain.</summary>
internal sealed class SamplingReference(IReadOnlyList<int> history, double mirostatMu = double.NaN, double xtcCoin = 0)
{
    /// <summary>How near the closest decision was to falling the other way, relative; below about 1e-5 single
    /// precision may differ.</summary>
    public double Margin { get; private set; } = double.PositiveInfinity;

    public double[] Distribution(float[] logits, SamplerChain chain)
    {
        var row = new SortedDictionary<int, double>();
        for (int i = 0; i < logits.Length; i++)
        {
            if (!float.IsNegativeInfinity(logits[i]))
            {
                row[i] = logits[i];
            }
        }

        foreach (SamplerStage stage in chain.Stages)
        {
            Apply(row, stage);
        }

        var result = new double[logits.Length];
        foreach ((int token, double p) in Softmax(row))
        {
            result[token] = p;
        }

        return result;
    }

    public static Dictionary<int, double> Softmax(IReadOnlyDictionary<int, double> row)
    {
        double max = row.Values.Max();
        double sum = row.Values.Sum(x => Math.Exp(x - max));
        return row.ToDictionary(x => x.Key, x => Math.Exp(x.Value - max) / sum);
    }

    private void Apply(SortedDictionary<int, double> row, SamplerStage stage)
    {
        switch (stage.Kind)
        {
            case SamplerStageKind.LogitBias:
                foreach (TokenBias bias in stage.Biases.Where(b => row.ContainsKey(b.Token)))
                {
                    row[bias.Token] += bias.Bias;
                }

                foreach (int banned in row.Where(x => double.IsNegativeInfinity(x.Value)).Select(x => x.Key).ToArray())
                {
                    row.Remove(banned);
                }

                break;
            case SamplerStageKind.RepetitionPenalty:
                Each(row, stage, (x, _) => x <= 0 ? x * stage.Value : x / stage.Value);
                break;
            case SamplerStageKind.FrequencyPenalty:
                Each(row, stage, (x, n) => x - n * (double)stage.Value);
                break;
            case SamplerStageKind.PresencePenalty:
                Each(row, stage, (x, _) => x - stage.Value);
                break;
            case SamplerStageKind.Dry:
                Dry(row, stage);
                break;
            case SamplerStageKind.Temperature:
                foreach (int token in row.Keys.ToArray())
                {
                    row[token] /= stage.Value;
                }

                break;
            default:
                HashSet<int> kept = Survivors(row, stage);
                foreach (int token in row.Keys.Where(t => !kept.Contains(t)).ToArray())
                {
                    row.Remove(token);
                }

                break;
        }
    }

    private void Each(SortedDictionary<int, double> row, SamplerStage stage, Func<double, int, double> change)
    {
        foreach (IGrouping<int, int> group in Window(stage).GroupBy(t => t).Where(g => row.ContainsKey(g.Key)))
        {
            row[group.Key] = change(row[group.Key], group.Count());
        }
    }

    private int[] Window(SamplerStage stage) =>
        stage.LastTokens < 0 ? [.. history] : [.. history.Skip(Math.Max(0, history.Count - stage.LastTokens))];

    private void Dry(SortedDictionary<int, double> row, SamplerStage stage)
    {
        int[] window = Window(stage);
        foreach (int token in row.Keys.Where(t => !stage.Breakers.Contains(t)).ToArray())
        {
            int longest = 0;
            for (int at = 1; at < window.Length; at++)
            {
                int length = 0;
                while (window[at] == token && length < at && window[at - 1 - length] == window[^(length + 1)]
                    && !stage.Breakers.Contains(window[^(length + 1)]))
                {
                    length++;
                }

                longest = Math.Max(longest, length);
            }

            if (longest >= stage.Count)
            {
                double exponent = Math.Min(longest - stage.Count, Math.Log(float.MaxValue) / Math.Log(stage.Second));
                row[token] -= stage.Value * Math.Pow(stage.Second, exponent);
            }
        }
    }

    private HashSet<int> Survivors(SortedDictionary<int, double> row, SamplerStage stage)
    {
        Dictionary<int, double> p = Softmax(row);
        int[] descending = [.. row.Keys.OrderByDescending(t => row[t]).ThenBy(t => t)];
        double best = p[descending[0]];
        switch (stage.Kind)
        {
            case SamplerStageKind.Greedy:
                return [descending[0]];
            case SamplerStageKind.TopK:
                return [.. stage.Count == 0 ? descending : descending.Take(stage.Count)];
            case SamplerStageKind.TopP:
                return stage.Value >= 1 ? [.. descending] : Prefix(descending, p, stage.Value, strict: false);
            case SamplerStageKind.MinP:
                return [.. descending.Where(t => Decide(p[t], stage.Value * best) || t == descending[0])];
            case SamplerStageKind.TopNSigma:
                double mean = row.Values.Average();
                double sigma = Math.Sqrt(row.Values.Average(x => (x - mean) * (x - mean)));
                return [.. descending.Where(t => stage.Value == 0 || t == descending[0] || Decide(row[t], row[descending[0]] - stage.Value * sigma))];
            case SamplerStageKind.Typical:
                double entropy = -p.Values.Where(x => x > 0).Sum(x => x * Math.Log(x));
                int[] typical = [.. descending.OrderBy(t => Math.Abs(-Math.Log(p[t]) - entropy))];
                if (stage.Value >= 1)
                {
                    return [.. descending];
                }

                HashSet<int> kept = Prefix(typical, p, stage.Value, strict: true);
                NoteGaps([.. typical.Select(t => Math.Abs(-Math.Log(p[t]) - entropy))], [.. typical.Select(t => row[t])], kept.Count);
                return kept;
            case SamplerStageKind.Xtc:
                int[] tops = [.. descending.Where(t => Decide(p[t], stage.Second))];
                bool act = xtcCoin < stage.Value && tops.Length >= 2;
                return [.. act ? descending.Except(tops[..^1]) : descending];
            case SamplerStageKind.MirostatV2:
                double mu = double.IsNaN(mirostatMu) ? 2 * stage.Value : mirostatMu;
                return [.. descending.Where(t => t == descending[0] || p[t] == best || Decide(mu, -Math.Log2(p[t])))];
            default:
                throw new ArgumentOutOfRangeException(nameof(stage));
        }
    }

    private HashSet<int> Prefix(int[] order, Dictionary<int, double> p, double target, bool strict)
    {
        var kept = new HashSet<int>();
        double sum = 0;
        foreach (int token in order)
        {
            kept.Add(token);
            sum += p[token];
            NoteMargin(sum, target);
            if (strict ? sum > target : sum >= target)
            {
                break;
            }
        }

        return kept;
    }

    private bool Decide(double value, double threshold)
    {
        NoteMargin(value, threshold);
        return value >= threshold;
    }

    private void NoteMargin(double a, double b) =>
        Margin = Math.Min(Margin, Math.Abs(a - b) / Math.Max(1e-12, Math.Max(Math.Abs(a), Math.Abs(b))));

    /// <summary>Two different scores with nearly the same deviation may change places in single precision, which matters at the cut.</summary>
    private void NoteGaps(double[] deviations, double[] scores, int kept)
    {
        for (int i = Math.Max(1, kept - 1); i <= Math.Min(kept, scores.Length - 1); i++)
        {
            if (scores[i] != scores[i - 1])
            {
                Margin = Math.Min(Margin, 5 * Math.Abs(deviations[i] - deviations[i - 1]));
            }
        }
    }
}
