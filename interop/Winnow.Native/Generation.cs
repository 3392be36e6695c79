using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Winnow.Engine;

namespace Winnow.Native;

/// <summary>
/// A running generation: its pieces are taken by one thread at a time, while any thread may cancel or free it. What is freed while a thread waits
/// for a piece ends that wait, and the waiting thread cleans up.
/// </summary>
internal sealed unsafe class Generation : IDisposable
{
    [SuppressMessage("Usage", "CA2213", Justification = "any thread may cancel at any time, and a source without a timer holds nothing")]
    private readonly CancellationTokenSource _cancel = new();
    private readonly IAsyncEnumerator<GeneratedPiece> _pieces;
    private readonly object _gate = new();
    private readonly Action _come;
    private bool _hasCome;
    private GeneratedPiece _piece;
    private Usage? _usage;
    private bool _isPending;
    private bool _isEnded;
    private int _busy;
    private int _freed;

    public Generation(Func<CancellationToken, IAsyncEnumerable<GeneratedPiece>> start)
    {
        _come = Come;
        _pieces = start(_cancel.Token).GetAsyncEnumerator(CancellationToken.None);
    }

    /// <summary>What the generation took, once it has ended by itself.</summary>
    /// <exception cref="InvalidOperationException">It has not.</exception>
    public Usage Usage => _usage
        ?? throw new InvalidOperationException("The usage comes with the last piece; this generation has not got there, or was cancelled.");

    /// <summary>The most probable tokens at the place of the last piece.</summary>
    public ReadOnlySpan<TokenProbability> TopTokens()
    {
        int count = _piece.TopLogProbabilities?.Count ?? 0;
        var tokens = new TokenProbability[count];
        for (int index = 0; index < count; index++)
        {
            tokens[index] = new TokenProbability
            {
                Token = _piece.TopLogProbabilities![index].Token,
                LogProbability = _piece.TopLogProbabilities[index].LogProbability,
            };
        }

        return tokens;
    }

    /// <summary>Waits for the next piece. One whose text does not fit stays for the next call.</summary>
    public Status Next(Piece* piece, byte* text, nuint size)
    {
        Enter();
        try
        {
            return Take() ? Deliver(piece, text, size) : Status.End;
        }
        finally
        {
            Exit();
        }
    }

    /// <summary>Hands all pieces that are left to a function, on this thread.</summary>
    public Status Run(delegate* unmanaged[Cdecl]<void*, Piece*, byte*, nuint, int> callback, void* user)
    {
        Enter();
        try
        {
            byte[] buffer = new byte[256];
            while (Take())
            {
                int needed = Encoding.UTF8.GetMaxByteCount(_piece.Text.Length) + 1;
                buffer = needed > buffer.Length ? new byte[2 * needed] : buffer;
                fixed (byte* text = buffer)
                {
                    var piece = new Piece { StructSize = (nuint)sizeof(Piece) };
                    Deliver(&piece, text, (nuint)buffer.Length);
                    if (callback(user, &piece, text, piece.TextLength) != 0 && _piece.FinishReason is null)
                    {
                        Stop();
                        return Failure.Report(Status.Cancelled, "The callback ended the generation.");
                    }
                }
            }

            return Status.Ok;
        }
        finally
        {
            Exit();
        }
    }

    /// <summary>Ends the generation within a step.</summary>
    public void Cancel() => _cancel.Cancel();

    /// <summary>Ends the generation and gives its memory back, now or, where a thread waits for a piece, when that wait has ended.</summary>
    public void Dispose()
    {
        Volatile.Write(ref _freed, 1);
        _cancel.Cancel();
        CloseWhereIdle();
    }

    private static Status Fill(in GeneratedPiece from, Piece* piece, byte* text, nuint size)
    {
        var bytes = (nuint)Encoding.UTF8.GetByteCount(from.Text);
        *piece = new Piece
        {
            StructSize = piece->StructSize,
            TextLength = bytes,
            Token = from.TokenId,
            LogProbability = from.LogProbability,
            FinishReason = from.FinishReason is { } reason ? (int)reason + 1 : 0,
            LogProbabilities = from.TopLogProbabilities?.Count ?? 0,
        };
        if (size <= bytes)
        {
            return Memory.TooSmall(bytes + 1, size, "bytes");
        }

        Encoding.UTF8.GetBytes(from.Text, new Span<byte>(text, (int)bytes));
        text[bytes] = 0;
        return Status.Ok;
    }

    /// <summary>Waits on the operating system at once: who spins takes time from the threads that compute the piece.</summary>
    private bool Wait(ValueTask<bool> piece)
    {
        ValueTaskAwaiter<bool> awaiter = piece.GetAwaiter();
        if (!awaiter.IsCompleted)
        {
            _hasCome = false;
            awaiter.UnsafeOnCompleted(_come);
            lock (_gate)
            {
                while (!_hasCome)
                {
                    Monitor.Wait(_gate);
                }
            }
        }

        return awaiter.GetResult();
    }

    private void Come()
    {
        lock (_gate)
        {
            _hasCome = true;
            Monitor.Pulse(_gate);
        }
    }

    private Status Deliver(Piece* piece, byte* text, nuint size)
    {
        Status status = Fill(_piece, piece, text, size);
        _isPending = status != Status.Ok;
        return status;
    }

    private bool Take()
    {
        if (_isPending || _isEnded)
        {
            return _isPending;
        }

        // Also where an error comes out of it: there is nothing after one.
        _isEnded = true;
        bool any = Wait(_pieces.MoveNextAsync());
        _isEnded = !any;
        if (any)
        {
            _piece = _pieces.Current;
            _usage = _piece.Usage ?? _usage;
        }

        return any;
    }

    private void Stop()
    {
        _isEnded = true;
        _cancel.Cancel();
        _pieces.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    private void Enter()
    {
        if (Interlocked.Exchange(ref _busy, 1) != 0)
        {
            // Busy for good where another thread has freed it since this one looked its handle up.
            ObjectDisposedException.ThrowIf(Volatile.Read(ref _freed) != 0, this);
            throw new InvalidOperationException("Another call takes pieces of this generation; only one thread may at a time.");
        }
    }

    private void Exit()
    {
        Interlocked.Exchange(ref _busy, 0);
        if (Volatile.Read(ref _freed) != 0)
        {
            CloseWhereIdle();
        }
    }

    private void CloseWhereIdle()
    {
        if (Interlocked.Exchange(ref _busy, 1) == 0)
        {
            Stop();
        }
    }
}
