using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Winnow.Cache.Policies;

namespace Winnow.Engine;

public sealed partial class WinnowEngine
{
    /// <summary>Turns texts into vectors; texts of one call and of others are computed together.</summary>
    /// <param name="texts">The texts.</param>
    /// <param name="options">How; null for the mean of all rows, scaled to length 1.</param>
    /// <param name="cancellationToken">Stops all of them.</param>
    /// <returns>A vector for each text, F32 [hidden], in the order of the texts.</returns>
    /// <exception cref="ContextLengthException">A text is longer than the context.</exception>
    /// <exception cref="ArgumentException">A text is empty, and the model has no token that begins texts.</exception>
    public async Task<float[][]> EmbedAsync(
        IReadOnlyList<string> texts, EmbeddingOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        ThrowIfDisposed();
        EmbeddingPooling pooling = options?.Pooling ?? EmbeddingPooling.Mean;
        if (!Enum.IsDefined(pooling))
        {
            throw new ArgumentOutOfRangeException(nameof(options), pooling, "The pooling must be one of the named ones.");
        }

        var encoding = new GenerationOptions { AddSpecial = options?.AddSpecial };
        var requests = new List<EmbeddingRequest>(texts.Count);
        foreach (string text in texts)
        {
            int[] tokens = Prompts.Encode(text, encoding);
            if (tokens.Length > ContextTokens)
            {
                throw new ContextLengthException(tokens.Length, ContextTokens, "Cut the text into parts.");
            }

            requests.Add(new EmbeddingRequest(
                new EngineSequence(tokens, tokens.Length), Config.Hidden, pooling, options?.Normalize ?? true));
        }

        return await RunAllAsync(requests, request => request.Done, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Measures how well the model predicts a text: in windows that do not overlap, each beginning with the token that begins texts where the
    /// model has one, every token but the first of a window is predicted from those before it in the window, as far as the policy has left them.
    /// Slots leave after each chunk of <see cref="EngineOptions.PrefillChunkTokens"/>.
    /// </summary>
    /// <param name="text">The text; at least two tokens.</param>
    /// <param name="options">How; null for the engine's policy and windows that are as long as it allows.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="ArgumentException">The text is too short, or an option breaks the rule that the message states.</exception>
    public async Task<PerplexityResult> PerplexityAsync(
        string text, PerplexityOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        ThrowIfDisposed();
        KvPolicy? policy = ChoosePolicy(options?.KvPolicy);
        int most = MostTokens(policy);
        int window = options?.WindowTokens ?? most;
        if (window < 2 || window > most)
        {
            throw new ArgumentOutOfRangeException(nameof(options), window, $"A window must be of 2 to {most} tokens, the context of this engine.");
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(options?.MaxWindows ?? 1, 1, nameof(options));
        var requests = new List<ScoreRequest>();
        int predicted = 0;
        foreach (int[] tokens in Windows(Prompts.EncodeMore(text), window).Take(options?.MaxWindows ?? int.MaxValue))
        {
            predicted += tokens.Length - 1;
            requests.Add(new ScoreRequest(CreateScored(tokens, policy)));
        }

        if (predicted == 0)
        {
            throw new ArgumentException("The text has too few tokens to predict any: give a longer one.", nameof(text));
        }

        double[] sums = await RunAllAsync(requests, request => request.Done, cancellationToken).ConfigureAwait(false);
        return new PerplexityResult(predicted, sums.Sum() / predicted) { Cache = requests.Select(request => request.Usage).MaxBy(usage => usage?.Tokens) };
    }

    // A step has room for the logits of so many tokens only, and a chunk is computed whole.
    private EngineSequence CreateScored(int[] tokens, KvPolicy? policy) => new(tokens, tokens.Length)
    {
        NeedsAllLogits = true,
        Policy = policy,
        ChunkTokens = Math.Min(_parts.ChunkTokensOf(policy), _parts.Scheduling.AllLogitsTokens),
    };

    private IEnumerable<int[]> Windows(int[] tokens, int window)
    {
        int[] start = Tokenizer.AddsBos && Tokenizer.BosId is int bos ? [bos] : [];
        for (int done = 0; done < tokens.Length;)
        {
            int taken = Math.Min(window - start.Length, tokens.Length - done);
            int[] result = [.. start, .. tokens.AsSpan(done, taken)];
            done += taken;
            if (result.Length >= 2)
            {
                yield return result;
            }
        }
    }

    private async Task<TResult[]> RunAllAsync<TRequest, TResult>(
        List<TRequest> requests, Func<TRequest, Task<TResult>> done, CancellationToken cancellationToken)
        where TRequest : EngineRequest
    {
        cancellationToken.ThrowIfCancellationRequested();
        requests.ForEach(Thread.Submit);
        using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
            _ => requests.ForEach(request => Thread.Cancel(request, new OperationCanceledException(cancellationToken))), null);
        return await Task.WhenAll(requests.Select(done)).ConfigureAwait(false);
    }
}
