using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Winnow.Engine;

namespace Winnow.Evaluation;

/// <summary>Asks questions in groups and adds up what comes of it.</summary>
internal sealed class RecallRun
{
    private readonly WinnowEngine _engine;
    private readonly bool _queryAware;
    private readonly int _decodeTokens;
    private readonly SortedDictionary<int, RecallScore> _scores = [];
    private readonly TimeSpan _evictionBefore;
    private int _questions;
    private double _tokens;
    private double _slots;
    private double _bytes;
    private double _fullBytes;
    private long _prefillTokens;
    private TimeSpan _prefillTime;
    private long _generated;
    private TimeSpan _decodeTime;

    public RecallRun(WinnowEngine engine, bool queryAware, int decodeTokens)
    {
        (_engine, _queryAware, _decodeTokens) = (engine, queryAware, decodeTokens);
        _evictionBefore = engine.Statistics.EvictionTime;
    }

    public RecallResult Result => new()
    {
        Scores = [.. _scores.Values],
        Tokens = _tokens / _questions,
        Slots = _slots / _questions,
        Bytes = _bytes / _questions,
        FullBytes = _fullBytes / _questions,
        PrefillTokens = _prefillTokens,
        PrefillTime = _prefillTime,
        DecodeTokens = _generated,
        DecodeTime = _decodeTime,
        EvictionTime = _engine.Statistics.EvictionTime - _evictionBefore,
    };

    /// <summary>Asks some questions at the same time, phase by phase, so that each phase can be timed.</summary>
    public async Task AskAsync(RecallPrompt[] prompts, CancellationToken cancellationToken)
    {
        Session[] sessions = [.. prompts.Select(_ => _engine.CreateSession())];
        try
        {
            await ReadAsync(sessions, prompts, cancellationToken).ConfigureAwait(false);
            foreach (Session session in sessions)
            {
                Note(await session.MeasureAsync().ConfigureAwait(false));
            }

            if (!_queryAware)
            {
                await Task.WhenAll(sessions.Select(session => session.FreezeAsync())).ConfigureAwait(false);
                await AppendAsync(sessions, [.. prompts.Select(prompt => prompt.Question)], cancellationToken).ConfigureAwait(false);
            }

            await AnswerAsync(sessions, prompts, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            foreach (Session session in sessions)
            {
                await session.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private static Task AppendAsync(Session[] sessions, int[][] tokens, CancellationToken cancellationToken) =>
        Task.WhenAll(sessions.Select((session, index) => session.AppendAsync(tokens[index], cancellationToken)));

    private async Task ReadAsync(Session[] sessions, RecallPrompt[] prompts, CancellationToken cancellationToken)
    {
        int[][] tokens = [.. prompts.Select(prompt => _queryAware ? prompt.Whole : prompt.Context)];
        long started = Stopwatch.GetTimestamp();
        await AppendAsync(sessions, tokens, cancellationToken).ConfigureAwait(false);
        _prefillTime += Stopwatch.GetElapsedTime(started);

        // The last known token of a session is computed with what follows it.
        _prefillTokens += tokens.Sum(each => each.Length - 1);
    }

    private void Note(KvUsage usage)
    {
        _questions++;
        _tokens += usage.Tokens;
        _slots += usage.Kept * usage.Tokens;
        _bytes += usage.Bytes;
        _fullBytes += usage.FullBytes;
    }

    private async Task AnswerAsync(Session[] sessions, RecallPrompt[] prompts, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        int[][] answers = await Task.WhenAll(sessions.Select(
            (session, index) => GenerateAsync(session, Math.Max(_decodeTokens, prompts[index].Answer.Length), cancellationToken))).ConfigureAwait(false);
        _decodeTime += Stopwatch.GetElapsedTime(started);
        for (int i = 0; i < prompts.Length; i++)
        {
            _generated += answers[i].Length;
            RecallScore score = _scores.GetValueOrDefault(prompts[i].Length, new RecallScore(prompts[i].Length, 0, 0));
            bool isExact = answers[i].AsSpan().StartsWith(prompts[i].Answer);
            _scores[score.Length] = score with { Questions = score.Questions + 1, Exact = score.Exact + (isExact ? 1 : 0) };
        }
    }

    // What a model's own files recommend for writing is not meant for answers.
    private static async Task<int[]> GenerateAsync(Session session, int tokens, CancellationToken cancellationToken)
    {
        var options = new GenerationOptions
        {
            MaxTokens = tokens,
            Temperature = 0,
            RepetitionPenalty = 1,
            IgnoreEndOfText = true,
        };
        var answer = new List<int>(tokens);
        await foreach (GeneratedPiece piece in session.GenerateAsync(options, cancellationToken).ConfigureAwait(false))
        {
            answer.Add(piece.TokenId);
        }

        return [.. answer];
    }
}
