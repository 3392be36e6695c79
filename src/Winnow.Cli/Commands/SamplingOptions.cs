using System;
using System.Collections.Generic;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Winnow.Engine;

namespace Winnow.Cli.Commands;

/// <summary>The options that decide which token comes next and when the text ends; not given means what the model's files say.</summary>
internal sealed class SamplingOptions
{
    private readonly Option<int?> _maxTokens = SettingOption.Count("--max-tokens", "End after this many tokens.", 0);
    private readonly Option<string[]> _stop = new("--stop") { Description = "End before this text; may be given several times.", HelpName = "text" };
    private readonly Option<int[]> _stopToken = new("--stop-token") { Description = "End at this token; may be given several times.", HelpName = "id" };
    private readonly Option<bool> _ignoreEnd = new("--ignore-end-of-text") { Description = "Go on where the model would end." };
    private readonly Option<ulong?> _seed = SettingOption.Whole("--seed", "The same seed gives the same text. Default: another one each time, but for the model that ships with winnow.");
    private readonly Option<float?> _temperature = SettingOption.Number("--temperature", "Divides the logits; 0 always takes the likeliest token.", 0);
    private readonly Option<int?> _topK = SettingOption.Count("--top-k", "Keep the k likeliest tokens; 0 is off.", 0);
    private readonly Option<float?> _topP = SettingOption.Number("--top-p", "Keep the likeliest tokens up to this share of probability.", 0, 1);
    private readonly Option<float?> _minP = SettingOption.Number("--min-p", "Keep tokens down to this share of the likeliest one's probability.", 0, 1);
    private readonly Option<float?> _typicalP = SettingOption.Number("--typical-p", "Keep tokens of typical surprise up to this share.", 0, 1);
    private readonly Option<float?> _topNSigma = SettingOption.Number("--top-n-sigma", "Keep logits within n standard deviations of the largest.", 0);
    private readonly Option<float?> _xtcProbability = SettingOption.Number("--xtc-probability", "How often XTC removes the top choices.", 0, 1);
    private readonly Option<float?> _xtcThreshold = SettingOption.Number("--xtc-threshold", "From which probability a token is a top choice.", 0, 1);
    private readonly Option<float?> _repetition = SettingOption.Number("--repetition-penalty", "Divides the logits of recent tokens; 1 is off.", 0);
    private readonly Option<float?> _frequency = SettingOption.Number("--frequency-penalty", "Subtracted for each recent occurrence.", float.MinValue);
    private readonly Option<float?> _presence = SettingOption.Number("--presence-penalty", "Subtracted from every recent token.", float.MinValue);
    private readonly Option<int?> _penaltyLast = SettingOption.Count("--penalty-last-tokens", "How far back the penalties look; -1 is all.", -1);
    private readonly Option<float?> _dryMultiplier = SettingOption.Number("--dry-multiplier", "Strength of DRY against repeated sequences; 0 is off.", 0);
    private readonly Option<float?> _dryBase = SettingOption.Number("--dry-base", "How fast DRY grows with the length of a repetition.", 0);
    private readonly Option<int?> _dryAllowed = SettingOption.Count("--dry-allowed-length", "From which length of a repetition DRY acts.", 1);
    private readonly Option<int?> _dryLast = SettingOption.Count("--dry-last-tokens", "How far back DRY looks; -1 is all.", -1);
    private readonly Option<string[]> _dryBreaker = new("--dry-breaker") { Description = "No repetition reaches across this text.", HelpName = "text" };
    private readonly Option<float?> _mirostatTau = SettingOption.Number("--mirostat-tau", "Mirostat 2 with this surprise in bits, in place of truncation.", 0);
    private readonly Option<float?> _mirostatEta = SettingOption.Number("--mirostat-eta", "The step of mirostat 2.", 0);
    private readonly Option<string[]> _logitBias = new("--logit-bias") { Description = "Added to one token's logit, as id=value.", HelpName = "id=value" };
    private readonly Option<int?> _logProbabilities = SettingOption.Count("--log-probabilities", "With --json: list this many likely tokens at each place.", 0);

    public SamplingOptions() => _logitBias.Validators.Add(result =>
    {
        foreach (Token token in result.Tokens)
        {
            if (!TryParseBias(token.Value, out _, out _))
            {
                result.AddError($"--logit-bias must be given as id=value, not '{token.Value}'.");
            }
        }
    });

    public void AddTo(Command command)
    {
        Option[] options =
        [
            _maxTokens, _temperature, _seed, _stop, _stopToken, _ignoreEnd, _topK, _topP, _minP, _typicalP, _topNSigma, _xtcProbability,
            _xtcThreshold, _repetition, _frequency, _presence, _penaltyLast, _dryMultiplier, _dryBase, _dryAllowed, _dryLast, _dryBreaker,
            _mirostatTau, _mirostatEta, _logitBias, _logProbabilities,
        ];
        foreach (Option option in options)
        {
            command.Options.Add(option);
        }
    }

    public GenerationOptions Read(ParseResult parsed)
    {
        if (parsed.GetValue(_logProbabilities) > 0 && !parsed.GetValue(CommonOptions.Json))
        {
            throw new UsageException("--log-probabilities needs --json: as plain text there is no place for them.");
        }

        return Values(parsed);
    }

    private GenerationOptions Values(ParseResult parsed) => new()
    {
        MaxTokens = parsed.GetValue(_maxTokens),
        StopStrings = NullIfEmpty(parsed.GetValue(_stop)),
        StopTokens = NullIfEmpty(parsed.GetValue(_stopToken)),
        IgnoreEndOfText = parsed.GetValue(_ignoreEnd) ? true : null,
        Seed = parsed.GetValue(_seed),
        Temperature = parsed.GetValue(_temperature),
        TopK = parsed.GetValue(_topK),
        TopP = parsed.GetValue(_topP),
        MinP = parsed.GetValue(_minP),
        TypicalP = parsed.GetValue(_typicalP),
        TopNSigma = parsed.GetValue(_topNSigma),
        XtcProbability = parsed.GetValue(_xtcProbability),
        XtcThreshold = parsed.GetValue(_xtcThreshold),
        RepetitionPenalty = parsed.GetValue(_repetition),
        FrequencyPenalty = parsed.GetValue(_frequency),
        PresencePenalty = parsed.GetValue(_presence),
        PenaltyLastTokens = parsed.GetValue(_penaltyLast),
        DryMultiplier = parsed.GetValue(_dryMultiplier),
        DryBase = parsed.GetValue(_dryBase),
        DryAllowedLength = parsed.GetValue(_dryAllowed),
        DryLastTokens = parsed.GetValue(_dryLast),
        DryBreakers = NullIfEmpty(parsed.GetValue(_dryBreaker)),
        MirostatTau = parsed.GetValue(_mirostatTau),
        MirostatEta = parsed.GetValue(_mirostatEta),
        LogitBias = ReadBias(parsed.GetValue(_logitBias)),
        LogProbabilities = parsed.GetValue(_logProbabilities),
    };

    private static T[]? NullIfEmpty<T>(T[]? values) => values is { Length: > 0 } ? values : null;

    private static Dictionary<int, float>? ReadBias(string[]? texts)
    {
        if (texts is not { Length: > 0 })
        {
            return null;
        }

        Dictionary<int, float> bias = [];
        foreach (string text in texts)
        {
            if (TryParseBias(text, out int id, out float value))
            {
                bias[id] = value;
            }
        }

        return bias;
    }

    private static bool TryParseBias(string text, out int id, out float value)
    {
        value = 0;
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        bool parsed = int.TryParse(text.AsSpan(0, Math.Max(equals, 0)), NumberStyles.None, CultureInfo.InvariantCulture, out id);
        return parsed && float.TryParse(text.AsSpan(equals + 1), NumberStyles.Float, CultureInfo.InvariantCulture, out value);
    }
}
