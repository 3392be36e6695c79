using System;
using System.Threading;
using System.Threading.Tasks;
using Winnow.Engine;

namespace Winnow.Evaluation;

/// <summary>Times an engine from outside: prompts of random tokens, greedy streams, each token stamped when it arrives.</summary>
public static class EngineBenchmark
{
    private const int UsualPromptTokens = 512;
    private const int UsualNewTokens = 128;
    private const int UsualRounds = 3;

    /// <summary>Times an engine.</summary>
    /// <param name="engine">The engine, with nothing else to do.</param>
    /// <param name="options">What; null for the defaults.</param>
    /// <param name="progress">Told how many tokens have been generated, after each round.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="ContextLengthException">Prompt and new tokens together are longer than the context.</exception>
    /// <exception cref="ArgumentException">An option is below its least value.</exception>
    public static async Task<EngineBenchmarkResult> RunAsync(
        WinnowEngine engine, EngineBenchmarkOptions? options = null, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(engine);
        int prompt = options?.PromptTokens ?? UsualPromptTokens;
        int tokens = options?.NewTokens ?? UsualNewTokens;
        int batch = options?.Batch ?? 1;
        int rounds = options?.Rounds ?? UsualRounds;
        ArgumentOutOfRangeException.ThrowIfLessThan(prompt, 1, nameof(options.PromptTokens));
        ArgumentOutOfRangeException.ThrowIfLessThan(tokens, 2, nameof(options.NewTokens));
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1, nameof(options.Batch));
        ArgumentOutOfRangeException.ThrowIfLessThan(rounds, 1, nameof(options.Rounds));
        long together = (long)prompt + tokens;
        if (together > engine.ContextTokens)
        {
            throw new ContextLengthException(
                (int)Math.Min(int.MaxValue, together), engine.ContextTokens, "Time fewer prompt or new tokens, or load the engine with more ContextTokens if the model allows it.");
        }

        var run = new EngineBenchmarkRun(engine, prompt, tokens, batch, rounds);
        await run.WarmUpAsync(cancellationToken).ConfigureAwait(false);
        for (int round = 0; round < rounds; round++)
        {
            await run.RoundAsync(cancellationToken).ConfigureAwait(false);
            run.TimeMachine(cancellationToken);
            progress?.Report(batch * tokens);
        }

        return run.Result;
    }
}
