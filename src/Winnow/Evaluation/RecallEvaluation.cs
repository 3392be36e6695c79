using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Winnow.Engine;

namespace Winnow.Evaluation;

/// <summary>
/// Measures what a model still recalls of a text when a policy has cut the cache: greedy answers, compared token by token. The policy is the engine's
/// own, so that speed and memory are its, too.
/// </summary>
public static class RecallEvaluation
{
    private const int UsualConcurrency = 8;
    private const int UsualDecodeTokens = 16;

    /// <summary>Asks all questions, shorter texts first.</summary>
    /// <param name="engine">The engine, best loaded for as many sequences as questions are asked at the same time, and with nothing else to do.</param>
    /// <param name="questions">The questions, at least one.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="progress">Told how many questions have just been answered, group by group.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>What was recalled, held and timed. The first group is asked once more before, so that nothing is timed that happens once.</returns>
    /// <exception cref="ContextLengthException">A text with its question and answer is longer than the context.</exception>
    /// <exception cref="ArgumentException">There are no questions, or an option is below 1.</exception>
    public static async Task<RecallResult> RunAsync(
        WinnowEngine engine, IReadOnlyList<RecallQuestion> questions, RecallOptions? options = null, IProgress<int>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(questions);
        ArgumentOutOfRangeException.ThrowIfZero(questions.Count, nameof(questions));
        int concurrency = options?.Concurrency ?? UsualConcurrency;
        int decodeTokens = options?.DecodeTokens ?? UsualDecodeTokens;
        ArgumentOutOfRangeException.ThrowIfLessThan(concurrency, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(decodeTokens, 1, nameof(options));
        bool queryAware = options?.QueryAware ?? false;
        RecallPrompt[][] groups =
        [
            .. questions.OrderBy(question => question.Length).Select(question => RecallPrompt.Of(engine, question)).Chunk(concurrency),
        ];
        await new RecallRun(engine, queryAware, decodeTokens).AskAsync(groups[0], cancellationToken).ConfigureAwait(false);
        var run = new RecallRun(engine, queryAware, decodeTokens);
        foreach (RecallPrompt[] group in groups)
        {
            await run.AskAsync(group, cancellationToken).ConfigureAwait(false);
            progress?.Report(group.Length);
        }

        return run.Result;
    }
}
