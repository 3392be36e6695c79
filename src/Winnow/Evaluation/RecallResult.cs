using System;
using System.Collections.Generic;
using System.Linq;

namespace Winnow.Evaluation;

/// <summary>What an engine recalls, what its cache held meanwhile, and how long it took.</summary>
public sealed record RecallResult
{
    /// <summary>The groups of questions, ascending by length.</summary>
    public required IReadOnlyList<RecallScore> Scores { get; init; }

    /// <summary>Tokens in the cache before anything left, a question's mean.</summary>
    public required double Tokens { get; init; }

    /// <summary>Slots that a head held when the text had been read (with the question, where that was there), mean over heads, layers and questions.</summary>
    public required double Slots { get; init; }

    /// <summary>Bytes of pages that a question's cache held then, its mean.</summary>
    public required double Bytes { get; init; }

    /// <summary>Bytes that it would have held had nothing left, its mean.</summary>
    public required double FullBytes { get; init; }

    /// <summary>Tokens that were read before the first answers, over all questions.</summary>
    public required long PrefillTokens { get; init; }

    /// <summary>How long that took, policy included.</summary>
    public required TimeSpan PrefillTime { get; init; }

    /// <summary>Tokens generated, over all questions.</summary>
    public required long DecodeTokens { get; init; }

    /// <summary>How long that took.</summary>
    public required TimeSpan DecodeTime { get; init; }

    /// <summary>How long the policy held up the engine's thread, in all of that.</summary>
    public required TimeSpan EvictionTime { get; init; }

    /// <summary>How many questions were asked.</summary>
    public int Questions => Scores.Sum(score => score.Questions);

    /// <summary>How many of them were answered token by token.</summary>
    public int Exact => Scores.Sum(score => score.Exact);

    /// <summary>The share that was answered, 0 to 1.</summary>
    public double Recall => (double)Exact / Questions;

    /// <summary>The share of the slots that was there, 0 to 1.</summary>
    public double SlotsKept => Slots / Tokens;

    /// <summary>The share of the bytes that was there: above <see cref="SlotsKept"/> by what pages that are not full and planes of a policy take.</summary>
    public double BytesKept => Bytes / FullBytes;

    /// <summary>Tokens generated in a second, over the questions that were asked at the same time.</summary>
    public double DecodeTokensPerSecond => DecodeTokens / DecodeTime.TotalSeconds;

    /// <summary>How long 1000 tokens of a text take to read, policy included.</summary>
    public TimeSpan PrefillTimePer1000Tokens => PrefillTime * (1000.0 / PrefillTokens);
}
