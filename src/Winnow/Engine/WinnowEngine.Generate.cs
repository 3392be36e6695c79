using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using Winnow.Cache.Policies;
using Winnow.Formats;
using Winnow.Formats.Templates;

namespace Winnow.Engine;

public sealed partial class WinnowEngine
{
    // Whole numbers up to here are exact in float, which angles of positions are computed in.
    private const int StreamTokens = 1 << 24;

    /// <summary>Continues a text. Breaking off the enumeration or cancelling stops within a step.</summary>
    /// <param name="prompt">The text; an empty one only where the model has a token that begins texts.</param>
    /// <param name="options">How; null for the model's defaults.</param>
    /// <param name="cancellationToken">Ends the enumeration with an <see cref="OperationCanceledException"/>.</param>
    /// <returns>
    /// One piece for each token; the last one has the reason and the usage. Pieces wait for a slow reader, who stalls nobody and loses none.
    /// Each enumeration is a request of its own.
    /// </returns>
    /// <exception cref="ContextLengthException">The prompt leaves no room in the context.</exception>
    /// <exception cref="ArgumentException">The prompt is empty, or an option breaks the rule that the message states.</exception>
    public IAsyncEnumerable<GeneratedPiece> GenerateAsync(
        string prompt, GenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        GenerationOptions asked = options ?? new GenerationOptions();
        int[] tokens = Prompts.Encode(prompt, asked);
        Log.Prompt(_logger, tokens.Length, prompt);
        return Generate(tokens, asked, cancellationToken);
    }

    /// <summary>Answers a conversation, in the form that the model's chat template gives it. Special tokens spelled in messages are plain text.</summary>
    /// <param name="messages">The conversation, oldest first.</param>
    /// <param name="options">How; null for the model's defaults.</param>
    /// <param name="cancellationToken">Ends the enumeration with an <see cref="OperationCanceledException"/>.</param>
    /// <returns>As of the other overloads.</returns>
    /// <exception cref="ContextLengthException">The conversation leaves no room in the context.</exception>
    /// <exception cref="WinnowException">The model has no chat template, or the template refuses the messages.</exception>
    public IAsyncEnumerable<GeneratedPiece> GenerateAsync(
        IReadOnlyList<ChatTemplateMessage> messages, GenerationOptions? options = null, CancellationToken cancellationToken = default) =>
        Generate(EncodeChat(messages), options ?? new GenerationOptions(), cancellationToken);

    /// <summary>Continues a sequence of tokens.</summary>
    /// <param name="tokens">The tokens, at least one; used as they are.</param>
    /// <param name="options">How; null for the model's defaults.</param>
    /// <param name="cancellationToken">Ends the enumeration with an <see cref="OperationCanceledException"/>.</param>
    /// <returns>As of the other overloads.</returns>
    /// <exception cref="ContextLengthException">The tokens leave no room in the context.</exception>
    /// <exception cref="ArgumentException">There are none, or one is not in the vocabulary.</exception>
    public IAsyncEnumerable<GeneratedPiece> GenerateAsync(
        ReadOnlyMemory<int> tokens, GenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfZero(tokens.Length, nameof(tokens));
        return Generate(Prompts.Checked(tokens.ToArray()), options ?? new GenerationOptions(), cancellationToken);
    }

    /// <summary>The tokens of a conversation in the form that the model's chat template gives it.</summary>
    /// <param name="messages">The conversation, oldest first.</param>
    /// <param name="addGenerationPrompt">Whether the start of an answer is added.</param>
    /// <exception cref="WinnowException">The model has no chat template, or the template refuses the messages.</exception>
    public int[] EncodeChat(IReadOnlyList<ChatTemplateMessage> messages, bool addGenerationPrompt = true) =>
        Prompts.Encode(messages, addGenerationPrompt);

    /// <summary>Opens an empty session. It costs nothing until something is appended.</summary>
    /// <param name="policy">What evicts from its cache; <see cref="NonePolicy"/> for nothing, null for what the engine was loaded with.</param>
    /// <exception cref="ArgumentException">The engine was not loaded for that policy.</exception>
    public Session CreateSession(KvPolicy? policy = null)
    {
        ThrowIfDisposed();
        return new Session(this, CreateSequence([], policy));
    }

    /// <summary>Opens a session that was saved. It continues exactly as the saved one would have.</summary>
    /// <param name="source">Read to the end of the session, and checked whole before anything else happens.</param>
    /// <param name="policy">What evicts from its cache, as for <see cref="CreateSession"/>: the one that it was saved with, or none.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="ModelFormatException">It is damaged, not a session, or of another model.</exception>
    /// <exception cref="ContextLengthException">The engine's context is shorter than the session.</exception>
    public async Task<Session> RestoreSessionAsync(Stream source, KvPolicy? policy = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ThrowIfDisposed();
        (int[] tokens, SegmentedStream pages) = await SessionFile.ReadAsync(
            source, Fingerprint, MostTokens(_parts.Policies.Choose(policy)), _parts.MostPageBytes, cancellationToken).ConfigureAwait(false);
        CheckSaved(tokens);
        EngineSequence sequence = await Thread.InvokeAsync(
            core => core.Restore(CreateSequence(tokens, policy), pages.Length > 0 ? pages : null)).ConfigureAwait(false);
        return new Session(this, sequence);
    }

    internal void CheckOptions(GenerationOptions options, int promptTokens, int contextTokens)
    {
        ThrowIfDisposed();
        _planner.Plan(options, promptTokens, contextTokens);
        _ = new StopStringMatcher(_planner.StopStrings(options));
    }

    /// <summary>
    /// The most tokens of a sequence under a policy: the context, or as many as positions can be told apart where the cache is bounded, with room for more tokens, and positions are
    /// its own.
    /// </summary>
    internal int MostTokens(KvPolicy? policy) => _parts.StreamRoom(policy) > 0 ? StreamTokens : ContextTokens;

    /// <summary>The most tokens of a sequence, also where it was frozen.</summary>
    internal int MostTokens(EngineSequence sequence) => sequence.FrozenTokens > 0 ? sequence.FrozenTokens : MostTokens(sequence.Policy);

    /// <summary>A sequence of tokens with what evicts from its cache.</summary>
    /// <exception cref="ArgumentException">The engine was not loaded for that policy.</exception>
    internal EngineSequence CreateSequence(int[] tokens, KvPolicy? asked)
    {
        KvPolicy? policy = ChoosePolicy(asked);
        return new EngineSequence(tokens, tokens.Length) { Policy = policy, ChunkTokens = _parts.ChunkTokensOf(policy) };
    }

    /// <summary>What evicts where a caller asks for a policy, or with null for none in particular; null where nothing does.</summary>
    /// <exception cref="ArgumentException">The engine was not loaded for that policy.</exception>
    internal KvPolicy? ChoosePolicy(KvPolicy? asked) => _parts.Policies.Choose(asked) is { } policy and not NonePolicy ? policy : null;

    internal GenerationRequest CreateRequest(EngineSequence sequence, GenerationOptions options, bool keepsSequence)
    {
        var text = new TextAssembler(
            Tokenizer.CreateStreamingDecoder(sequence.Tokens), new StopStringMatcher(_planner.StopStrings(options)));
        return new GenerationRequest(sequence, _parts.Device.Sampling, _planner.Plan(options, sequence.Known, MostTokens(sequence)), text)
        {
            KeepsSequence = keepsSequence,
        };
    }

    /// <summary>Runs a request and ends only when the engine is done with it, so that its pages are free and its tokens final.</summary>
    internal async IAsyncEnumerable<GeneratedPiece> RunAsync(
        GenerationRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Thread.Submit(request);

        // A reader that waits with a token of its own would take memory for every piece that it waits for.
        using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
            _ => Thread.Cancel(request, Cancelled(cancellationToken)), null);
        try
        {
            await foreach (GeneratedPiece piece in request.Pieces.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
            {
                // Pieces that wait already would otherwise still be handed out.
                cancellationToken.ThrowIfCancellationRequested();
                yield return piece;
            }
        }
        finally
        {
            if (!request.Ended.IsCompleted)
            {
                Thread.Cancel(request, Cancelled(cancellationToken));
                await request.Ended.ConfigureAwait(false);
            }
        }
    }

    private static OperationCanceledException Cancelled(CancellationToken cancellationToken) => new("The generation was cancelled.", cancellationToken);

    private void CheckSaved(int[] tokens)
    {
        int unknown = Array.FindIndex(tokens, token => (uint)token >= (uint)_parts.Decoder.Vocabulary);
        if (unknown >= 0)
        {
            throw new ModelFormatException($"Token {tokens[unknown]} of the saved session is not one of the model's {_parts.Decoder.Vocabulary}; save it again.");
        }
    }

    private IAsyncEnumerable<GeneratedPiece> Generate(int[] tokens, GenerationOptions options, CancellationToken cancellationToken)
    {
        CheckOptions(options, tokens.Length, MostTokens(_parts.Policies.Choose(options.KvPolicy)));
        return GenerateCore(tokens, options, cancellationToken);
    }

    private async IAsyncEnumerable<GeneratedPiece> GenerateCore(
        int[] tokens, GenerationOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        GenerationRequest request = CreateRequest(CreateSequence(tokens, options.KvPolicy), options, keepsSequence: false);
        await foreach (GeneratedPiece piece in RunAsync(request, cancellationToken).ConfigureAwait(false))
        {
            yield return piece;
        }
    }
}
