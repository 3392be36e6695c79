using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using Winnow.Engine;
using Winnow.Formats.Templates;

namespace Winnow.Cli.Commands;

/// <summary>What was said so far, and the session that has computed it: only what is new is computed for an answer.</summary>
internal sealed class Conversation(WinnowEngine engine, string? system) : IAsyncDisposable
{
    private readonly List<ChatTemplateMessage> _messages = system is null ? [] : [new ChatTemplateMessage("system", system)];
    private readonly Session _session = engine.CreateSession();

    /// <summary>Says something.</summary>
    public void Ask(string text) => _messages.Add(new ChatTemplateMessage("user", text));

    /// <summary>Notes what was answered.</summary>
    public void Note(string answer) => _messages.Add(new ChatTemplateMessage("assistant", answer));

    /// <summary>Takes what was said last back.</summary>
    public void TakeBack() => _messages.RemoveAt(_messages.Count - 1);

    /// <summary>The pieces of the answer to what was said last. Usage counts from the question, with what was in the cache then.</summary>
    /// <exception cref="ContextLengthException">The conversation leaves no room in the context.</exception>
    public async IAsyncEnumerable<GeneratedPiece> AnswerAsync(GenerationOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        int[] tokens = engine.EncodeChat(_messages);

        // Templates may spell an answer otherwise than the model did, and a token at the border may be another one.
        int known = Math.Min(CommonPrefix(tokens), tokens.Length - 1);
        await _session.RollbackAsync(_session.Length - known).ConfigureAwait(false);
        await _session.AppendAsync(tokens.AsMemory(known), cancellationToken).ConfigureAwait(false);
        TimeSpan before = Stopwatch.GetElapsedTime(start);
        await foreach (GeneratedPiece piece in _session.GenerateAsync(options, cancellationToken).ConfigureAwait(false))
        {
            yield return piece.Usage is not { } usage ? piece : piece with
            {
                Usage = usage with { CachedTokens = known, TimeToFirstToken = usage.TimeToFirstToken + before, Duration = usage.Duration + before },
            };
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _session.DisposeAsync();

    private int CommonPrefix(int[] tokens)
    {
        int most = Math.Min(tokens.Length, _session.Length), same = 0;
        while (same < most && _session.Tokens[same] == tokens[same])
        {
            same++;
        }

        return same;
    }
}
