using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;

namespace Winnow.Engine;

/// <summary>
/// A sequence of tokens that stays: text is appended and generated, forked, rolled back and saved, and what was computed is kept. While others
/// need the memory, the engine may drop the keys and values of an idle session; they are computed again, to the same bits.
/// </summary>
/// <remarks>
/// A session does one thing at a time: starting a second one before the first has ended is an <see cref="InvalidOperationException"/>.
/// Generated tokens become part of the session, one that ended the text and those of a stop string included; <see cref="RollbackAsync"/> takes them off.
/// </remarks>
public sealed class Session : IAsyncDisposable, IDisposable
{
    private readonly WinnowEngine _engine;
    private readonly EngineSequence _sequence;
    private int[] _tokens;
    private int _busy;
    private int _disposed;

    internal Session(WinnowEngine engine, EngineSequence sequence)
    {
        _engine = engine;
        _sequence = sequence;
        _tokens = sequence.Tokens.ToArray();
        engine.SessionOpened();
    }

    /// <summary>How many tokens the session has. While it is busy: had before.</summary>
    public int Length => _tokens.Length;

    /// <summary>The tokens of the session. While it is busy: those it had before.</summary>
    public IReadOnlyList<int> Tokens => _tokens;

    /// <summary>Appends text and computes it. The first text begins with the token that begins texts, where the model has one.</summary>
    /// <param name="text">The text. An empty one adds nothing to a session that has tokens.</param>
    /// <param name="cancellationToken">Takes the text off again.</param>
    /// <exception cref="ContextLengthException">The session would grow past the context.</exception>
    /// <exception cref="InvalidOperationException">The session is busy.</exception>
    public Task AppendAsync(string text, CancellationToken cancellationToken = default)
    {
        int[] tokens = Length == 0 ? _engine.Prompts.Encode(text, new GenerationOptions()) : _engine.Prompts.EncodeMore(text);
        return AppendAsync(tokens.AsMemory(), cancellationToken);
    }

    /// <summary>Appends tokens and computes them.</summary>
    /// <param name="tokens">The tokens; they may be reused when the task has ended.</param>
    /// <param name="cancellationToken">Takes the tokens off again.</param>
    /// <exception cref="ContextLengthException">The session would grow past the context.</exception>
    /// <exception cref="InvalidOperationException">The session is busy.</exception>
    public async Task AppendAsync(ReadOnlyMemory<int> tokens, CancellationToken cancellationToken = default)
    {
        int[] added = _engine.Prompts.Checked(tokens.ToArray());
        int most = _engine.MostTokens(_sequence);
        if (Length + added.Length > most)
        {
            throw new ContextLengthException(Length + added.Length, most, "Roll the session back, or start a new one.");
        }

        cancellationToken.ThrowIfCancellationRequested();
        using Operation operation = Begin();
        if (added.Length > 0)
        {
            var request = new PrefillRequest(_sequence, _engine.Pool, added);
            _engine.Thread.Submit(request);
            using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
                _ => _engine.Thread.Cancel(request, new OperationCanceledException(cancellationToken)), null);
            await request.Done.ConfigureAwait(false);
        }
    }

    /// <summary>Continues the session. Breaking off the enumeration or cancelling stops within a step and keeps what was generated until then.</summary>
    /// <param name="options">How; null for the model's defaults.</param>
    /// <param name="cancellationToken">Ends the enumeration with an <see cref="OperationCanceledException"/>.</param>
    /// <returns>One piece for each token; the last one has the reason and the usage.</returns>
    /// <exception cref="ContextLengthException">The context is full.</exception>
    /// <exception cref="InvalidOperationException">The session is empty, or (when enumerated) busy.</exception>
    public IAsyncEnumerable<GeneratedPiece> GenerateAsync(GenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        if (Length == 0)
        {
            throw new InvalidOperationException("The session is empty: append a text first.");
        }

        GenerationOptions asked = options ?? new GenerationOptions();
        _engine.CheckOptions(asked, Length, _engine.MostTokens(_sequence));
        return GenerateCore(asked, cancellationToken);
    }

    /// <summary>A second session with the same tokens. Memory is shared as far as both have the same.</summary>
    /// <exception cref="InvalidOperationException">The session is busy.</exception>
    public async Task<Session> ForkAsync()
    {
        using Operation operation = Begin();
        EngineSequence fork = await _engine.Thread.InvokeAsync(core => core.Fork(_sequence)).ConfigureAwait(false);
        return new Session(_engine, fork);
    }

    /// <summary>Takes the last tokens off.</summary>
    /// <param name="tokens">How many: 0 to <see cref="Length"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The session has fewer tokens.</exception>
    /// <exception cref="InvalidOperationException">The session is busy.</exception>
    public async Task RollbackAsync(int tokens)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(tokens);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tokens, Length);
        using Operation operation = Begin();
        await _engine.Thread.InvokeAsync(core => core.Rollback(_sequence, tokens)).ConfigureAwait(false);
    }

    /// <summary>
    /// From now on nothing more leaves the session's cache; what has left stays away. For a context that is read and compressed once and asked about
    /// often, in forks.
    /// </summary>
    /// <exception cref="InvalidOperationException">The session is busy.</exception>
    public async Task FreezeAsync()
    {
        using Operation operation = Begin();
        await _engine.Thread.InvokeAsync(core => core.Freeze(_sequence)).ConfigureAwait(false);
    }

    /// <summary>What the session holds of the KV cache at the moment.</summary>
    /// <exception cref="InvalidOperationException">The session is busy.</exception>
    public async Task<KvUsage> MeasureAsync()
    {
        using Operation operation = Begin();
        return await _engine.Thread.InvokeAsync(core => core.Measure(_sequence)).ConfigureAwait(false);
    }

    /// <summary>Saves the tokens with their keys and values; <see cref="WinnowEngine.RestoreSessionAsync"/> continues from there.</summary>
    /// <param name="destination">Where to; it is not closed.</param>
    /// <param name="cancellationToken">Stops writing; what was written is of no use then.</param>
    /// <exception cref="InvalidOperationException">The session is busy.</exception>
    public async Task SaveAsync(Stream destination, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(destination);
        using Operation operation = Begin();
        using var pages = new SegmentedStream();
        await _engine.Thread.InvokeAsync(core => core.Save(_sequence, pages)).ConfigureAwait(false);
        await SessionFile.WriteAsync(destination, _engine.Fingerprint, _tokens, pages, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Closes the session and gives its memory back within a step; something it is busy with ends with an <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose() => _ = CloseAsync();

    /// <summary>Closes the session and gives its memory back; something it is busy with ends with an <see cref="ObjectDisposedException"/>.</summary>
    public ValueTask DisposeAsync() => new(CloseAsync());

    private async IAsyncEnumerable<GeneratedPiece> GenerateCore(
        GenerationOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using Operation operation = Begin();
        GenerationRequest request = _engine.CreateRequest(_sequence, options, keepsSequence: true);
        await foreach (GeneratedPiece piece in _engine.RunAsync(request, cancellationToken).ConfigureAwait(false))
        {
            yield return piece;
        }
    }

    private async Task CloseAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            await _engine.CloseAsync(_sequence).ConfigureAwait(false);
        }
    }

    private Operation Begin()
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        if (Interlocked.Exchange(ref _busy, 1) != 0)
        {
            throw new InvalidOperationException("The session is busy: end what it does before, or fork it.");
        }

        return new Operation(this);
    }

    private readonly struct Operation(Session session) : IDisposable
    {
        public void Dispose()
        {
            session._tokens = session._sequence.Tokens.ToArray();
            Volatile.Write(ref session._busy, 0);
        }
    }
}
