using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using Winnow.Formats.Tokenizers;
using Winnow.Kernels.Sampling;

namespace Winnow.Engine;

/// <summary>Turns options into a plan: what the caller says, then what the model's files say, then the neutral values. Safe for several threads.</summary>
internal sealed class GenerationPlanner
{
    private const int MostLogProbabilities = 1024;

    private static readonly string[] UsualBreakers = ["\n", ":", "\"", "*"];

    private readonly Tokenizer _tokenizer;
    private readonly GenerationOptions _defaults;
    private readonly IReadOnlyCollection<int> _endTokens;
    private readonly int _vocabulary;
    private readonly ConcurrentDictionary<string, int[]> _tokensWith = new(StringComparer.Ordinal);

    public GenerationPlanner(
        Tokenizer tokenizer, GenerationOptions defaults, IReadOnlyCollection<int> endTokens, int vocabulary)
    {
        (_tokenizer, _defaults, _endTokens) = (tokenizer, defaults, endTokens);
        _vocabulary = vocabulary;
    }

    /// <summary>The plan of a request.</summary>
    /// <param name="options">What the caller says.</param>
    /// <param name="promptTokens">Tokens before the first sampled one.</param>
    /// <param name="contextTokens">The most tokens of the sequence.</param>
    /// <exception cref="ArgumentException">An option breaks the rule that the message states.</exception>
    /// <exception cref="ContextLengthException">The prompt leaves no room.</exception>
    public GenerationPlan Plan(GenerationOptions options, int promptTokens, int contextTokens)
    {
        SamplerChain chain = SamplerChain.Create(ToParameters(options).WithDefaults(ToParameters(_defaults)));
        int? asked = options.MaxTokens ?? _defaults.MaxTokens;
        int room = contextTokens - promptTokens;
        int top = options.LogProbabilities ?? _defaults.LogProbabilities ?? 0;
        Check(asked is null or >= 0, nameof(options.MaxTokens), asked, "MaxTokens must be 0 or more.");
        Check(top is >= 0 and <= MostLogProbabilities, nameof(options.LogProbabilities), top, $"LogProbabilities must be 0 to {MostLogProbabilities}.");
        foreach (int token in (options.LogitBias?.Keys ?? []).Concat(options.StopTokens ?? []))
        {
            Check(token >= 0 && token < _vocabulary, nameof(options), token, $"A token must be 0 to {_vocabulary - 1}.");
        }

        if (room < 1 && asked != 0)
        {
            throw new ContextLengthException(promptTokens + 1, contextTokens);
        }

        bool isAsked = asked <= room;
        return new GenerationPlan(
            chain,
            isAsked ? asked!.Value : room,
            isAsked ? FinishReason.Length : FinishReason.ContextFull,
            EndTokens(options),
            Math.Min(top, _vocabulary));
    }

    /// <summary>The stop strings of a request.</summary>
    public IReadOnlyList<string>? StopStrings(GenerationOptions options) => options.StopStrings ?? _defaults.StopStrings;

    private static void Check(bool rule, string name, object? value, string message)
    {
        if (!rule)
        {
            throw new ArgumentOutOfRangeException(name, value, message);
        }
    }

    private HashSet<int> EndTokens(GenerationOptions options)
    {
        HashSet<int> tokens = [.. options.StopTokens ?? _defaults.StopTokens ?? []];
        if (!(options.IgnoreEndOfText ?? _defaults.IgnoreEndOfText ?? false))
        {
            tokens.UnionWith(_endTokens);
        }

        return tokens;
    }

    private SamplingParameters ToParameters(GenerationOptions options) => new()
    {
        Temperature = options.Temperature,
        TopK = options.TopK,
        TopP = options.TopP,
        MinP = options.MinP,
        TypicalP = options.TypicalP,
        TopNSigma = options.TopNSigma,
        XtcProbability = options.XtcProbability,
        XtcThreshold = options.XtcThreshold,
        RepetitionPenalty = options.RepetitionPenalty,
        FrequencyPenalty = options.FrequencyPenalty,
        PresencePenalty = options.PresencePenalty,
        PenaltyLastTokens = options.PenaltyLastTokens,
        DryMultiplier = options.DryMultiplier,
        DryBase = options.DryBase,
        DryAllowedLength = options.DryAllowedLength,
        DryLastTokens = options.DryLastTokens,
        DryBreakers = options.DryMultiplier is > 0 || options.DryBreakers is not null ? Breakers(options.DryBreakers ?? UsualBreakers) : null,
        MirostatTau = options.MirostatTau,
        MirostatEta = options.MirostatEta,
        LogitBias = options.LogitBias,
        Seed = options.Seed,
    };

    private HashSet<int> Breakers(IReadOnlyList<string> texts)
    {
        HashSet<int> tokens = [];
        foreach (string text in texts)
        {
            ArgumentException.ThrowIfNullOrEmpty(text, nameof(texts));
            tokens.UnionWith(_tokensWith.GetOrAdd(text, FindTokensWith));
        }

        return tokens;
    }

    private int[] FindTokensWith(string text)
    {
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(text);
        return [.. Enumerable.Range(0, _vocabulary).Where(token => _tokenizer.TokenBytes(token).Span.IndexOf(bytes) >= 0)];
    }
}
