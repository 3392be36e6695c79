using System;
using System.Collections.Immutable;

namespace Winnow.Kernels.Sampling;

/// <summary>The stages that change the scores of single tokens: the bias, and what the history of the sequence asks
/// for.</summary>
internal static class HistoryStages
{
    /// <summary>Adds the biases.</summary>
    public static void Bias(ref CandidateRow row, in SamplerStage stage)
    {
        foreach (TokenBias bias in stage.Biases)
        {
            Bias(ref row, bias);
        }
    }

    /// <summary>Adds one bias.</summary>
    public static void Bias(ref CandidateRow row, TokenBias bias)
    {
        int index = row.Find(bias.Token);
        if (index >= 0)
        {
            row.Set(index, row.Values[index] + bias.Bias);
        }
    }

    /// <summary>Applies a repetition, frequency or presence penalty to every distinct token of the window.</summary>
    public static void Penalize(ref CandidateRow row, SamplerStageKind kind, float penalty, ReadOnlySpan<int> window)
    {
        int[] counts = row.Scratch.Counts, distinct = row.Scratch.Distinct;
        int found = 0;
        foreach (int token in window)
        {
            if ((uint)token < (uint)row.Vocab && counts[token]++ == 0)
            {
                distinct[found++] = token;
            }
        }

        foreach (int token in distinct.AsSpan(0, found))
        {
            int index = row.Find(token);
            if (index >= 0)
            {
                row.Set(index, Penalized(row.Values[index], counts[token], kind, penalty));
            }

            counts[token] = 0;
        }
    }

    /// <summary>Lowers tokens that would continue a repetition.</summary>
    public static void Dry(ref CandidateRow row, in SamplerStage stage, SamplerState state)
    {
        ReadOnlySpan<int> window = state.Last(stage.LastTokens);
        int reach = ReachOfMatches(window, stage.Breakers);
        if (reach < stage.Count)
        {
            return;
        }

        // By what the history has room for, not by what it holds, so that it does not grow token by token.
        row.Scratch.ReserveMatches(state.Capacity);
        Span<int> matches = row.Scratch.Matches.AsSpan(0, window.Length);
        MatchEnds(window, matches);
        int[] longest = row.Scratch.Counts, distinct = row.Scratch.Distinct;
        int found = 0;
        for (int back = 1; back < window.Length; back++)
        {
            int token = window[^back];
            int length = Math.Min(matches[back], reach);
            if (length < stage.Count || (uint)token >= (uint)row.Vocab)
            {
                continue;
            }

            if (longest[token] == 0)
            {
                distinct[found++] = token;
            }

            longest[token] = Math.Max(longest[token], length);
        }

        Lower(ref row, stage, distinct.AsSpan(0, found), longest);
    }

    private static void Lower(ref CandidateRow row, in SamplerStage stage, ReadOnlySpan<int> tokens, Span<int> longest)
    {
        // Past this exponent the power would leave the range of a float.
        double limit = Math.Log(float.MaxValue) / Math.Log(stage.Second);
        foreach (int token in tokens)
        {
            int index = row.Find(token);
            if (index >= 0 && stage.Breakers.BinarySearch(token) < 0)
            {
                double exponent = Math.Min(longest[token] - stage.Count, limit);
                double lowered = row.Values[index] - (stage.Value * Math.Pow(stage.Second, exponent));
                bool wasBanned = float.IsNegativeInfinity(row.Values[index]);
                row.Set(index, wasBanned ? float.NegativeInfinity : (float)Math.Max(lowered, -float.MaxValue));
            }

            longest[token] = 0;
        }
    }

    private static float Penalized(float logit, int count, SamplerStageKind kind, float penalty) => kind switch
    {
        SamplerStageKind.RepetitionPenalty => logit <= 0 ? logit * penalty : logit / penalty,
        SamplerStageKind.FrequencyPenalty => logit - (count * penalty),
        _ => logit - penalty,
    };

    /// <summary>How many tokens stand after the last breaker: no match is longer.</summary>
    private static int ReachOfMatches(ReadOnlySpan<int> window, ImmutableArray<int> breakers)
    {
        if (breakers.IsEmpty)
        {
            return window.Length;
        }

        int reach = 0;
        while (reach < window.Length && breakers.BinarySearch(window[^(reach + 1)]) < 0)
        {
            reach++;
        }

        return reach;
    }

    /// <summary>
    /// The Z function of the reversed window: matches[i] is how many tokens, going back from i before the end, equal
    /// those going back from the end.
    /// </summary>
    private static void MatchEnds(ReadOnlySpan<int> window, Span<int> matches)
    {
        int start = 0, end = 0;
        matches[0] = window.Length;
        for (int i = 1; i < window.Length; i++)
        {
            int length = i < end ? Math.Min(end - i, matches[i - start]) : 0;
            while (i + length < window.Length && window[^(length + 1)] == window[^(i + length + 1)])
            {
                length++;
            }

            matches[i] = length;
            if (i + length > end)
            {
                start = i;
                end = i + length;
            }
        }
    }
}
