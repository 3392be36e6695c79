using System;
using System.Collections.Generic;
using System.IO;
using Microsoft.Extensions.Logging;
using Winnow.Cache;
using Winnow.Formats;
using Winnow.Models;

namespace Winnow.Engine;

/// <summary>
/// What the engine thread owns: the decoder, the cache, the scheduler and the requests. Only that thread calls in; a test may be that
/// thread. A step reads: plan, compute, deliver.
/// </summary>
internal sealed class EngineCore
{
    private readonly Decoder _decoder;
    private readonly KvCache _cache;
    private readonly KvPagePool _pool;
    private readonly Scheduler _scheduler;
    private readonly StepBatch _batch;
    private readonly StepPlan _plan = new();
    private readonly HashSet<EngineRequest> _requests = [];
    private readonly ILogger _logger;

    public EngineCore(Decoder decoder, KvCache cache, StepBatch batch, SchedulerOptions options, ILogger logger)
    {
        (_decoder, _cache, _batch, _logger) = (decoder, cache, batch, logger);
        _pool = new KvPagePool(cache);
        _scheduler = new Scheduler(options, _pool);
    }

    public KvPagePool Pool => _pool;

    public bool HasWork => _scheduler.HasWork;

    public int Running => _scheduler.Running;

    public int Waiting => _scheduler.Waiting;

    public long Preemptions => _scheduler.Preemptions;

    public long Steps { get; private set; }

    public long ComputedTokens { get; private set; }

    /// <summary>Starts a request; its errors go to it, none comes out.</summary>
    public void Submit(EngineRequest request)
    {
        EngineSequence sequence = request.Sequence;
        if (sequence.IsClosed)
        {
            request.Fail(SessionClosed());
            return;
        }

        sequence.Request = request;
        _requests.Add(request);
        try
        {
            if (request.Begin())
            {
                End(request, null);
                return;
            }

            _scheduler.Enqueue(sequence);
            Log.RequestQueued(_logger, sequence.Ticket, sequence.Known, sequence.Cached);
        }
        catch (Exception exception)
        {
            End(request, exception);
        }
    }

    /// <summary>Stops a request, if it has not ended, and gives its pages back.</summary>
    public void Cancel(EngineRequest request, Exception reason)
    {
        if (!request.HasEnded)
        {
            End(request, reason);
        }
    }

    /// <summary>Fails all requests and leaves their pages, which go with the cache: this is the end, and maybe the cache is what broke.</summary>
    public void Abandon(Exception reason)
    {
        foreach (EngineRequest request in _requests)
        {
            try
            {
                request.Fail(reason);
            }
            catch (Exception exception)
            {
                Log.RequestNotUndone(_logger, exception, request.Sequence.Ticket);
            }
        }

        _requests.Clear();
    }

    /// <summary>Does one step for everybody who runs.</summary>
    public void Step()
    {
        _scheduler.Plan(_plan);
        foreach (ScheduledSequence rejected in _plan.Rejected)
        {
            End(((EngineSequence)rejected).Request!, TooLarge(rejected));
        }

        if (_plan.Entries.Count == 0)
        {
            return;
        }

        try
        {
            Compute();
        }
        catch (Exception exception)
        {
            FailStep(exception);
            return;
        }

        Deliver();
        Steps++;
        ComputedTokens += _plan.Tokens;
    }

    /// <summary>Drops a session's sequence and whatever is being done with it.</summary>
    public void Close(EngineSequence sequence)
    {
        sequence.IsClosed = true;
        if (sequence.Request is EngineRequest request)
        {
            End(request, SessionClosed());
        }

        _scheduler.Drop(sequence);
    }

    /// <summary>A copy of an idle sequence that shares its pages.</summary>
    public EngineSequence Fork(EngineSequence sequence)
    {
        var fork = new EngineSequence(sequence.Tokens, sequence.Known);
        if (sequence.Kv is not null && (_pool.HasFreeRow || _scheduler.TryReclaim(sequence)))
        {
            _pool.Adopt(fork, _cache.Fork(sequence.Kv));
        }

        _scheduler.Park(fork);
        return fork;
    }

    /// <summary>Forgets the last tokens of an idle sequence.</summary>
    public void Rollback(EngineSequence sequence, int tokens)
    {
        sequence.Truncate(sequence.Known - tokens);
        _pool.Truncate(sequence, Math.Min(sequence.Cached, Math.Max(0, sequence.Known - 1)));
    }

    /// <summary>Writes the cached keys and values of an idle sequence; nothing where none are cached.</summary>
    public void Save(EngineSequence sequence, Stream destination)
    {
        if (sequence.Kv is not null)
        {
            _cache.Save(sequence.Kv, destination);
        }
    }

    /// <summary>A new idle sequence. Where the pages do not fit just now, they are left out and computed again when needed.</summary>
    public EngineSequence Restore(int[] tokens, Stream? pages)
    {
        var sequence = new EngineSequence(tokens, tokens.Length);
        if (pages is not null)
        {
            RestorePages(sequence, pages);
        }

        _scheduler.Park(sequence);
        return sequence;
    }

    private void RestorePages(EngineSequence sequence, Stream pages)
    {
        KvSequence? kv = null;
        do
        {
            pages.Position = 0;
            kv = _pool.HasFreeRow ? _cache.Restore(pages) : null;
        }
        while (kv is null && _scheduler.TryReclaim(sequence));

        if (kv?.Length >= Math.Max(1, sequence.Known))
        {
            int length = kv.Length;
            _cache.Free(kv);
            throw new ModelFormatException($"The saved session has keys and values of {length} tokens, but {sequence.Known} tokens; save it again.");
        }

        if (kv is not null)
        {
            _pool.Adopt(sequence, kv);
        }
    }

    private void Compute()
    {
        _batch.Clear();
        bool keepHidden = false;
        foreach (StepPlan.PlannedTokens entry in _plan.Entries)
        {
            var sequence = (EngineSequence)entry.Sequence;
            EngineRequest request = sequence.Request!;
            keepHidden |= request.NeedsHidden;
            ReadOnlySpan<int> tokens = sequence.Tokens.Slice(sequence.Cached, entry.Tokens);
            if (request.SamplingOf(entry.Tokens) is RowSampling sampling)
            {
                _batch.Add(sequence.Kv!, tokens, sampling, _decoder.Vocabulary);
            }
            else
            {
                _batch.Add(sequence.Kv!, tokens, request.RowsOf(entry.Tokens));
            }
        }

        _decoder.Forward(_cache, _batch, keepHidden);
    }

    private void Deliver()
    {
        int row = 0;
        int token = 0;
        foreach (StepPlan.PlannedTokens entry in _plan.Entries)
        {
            var sequence = (EngineSequence)entry.Sequence;
            EngineRequest request = sequence.Request!;
            int rows = request.RowsOf(entry.Tokens) switch { LogitRows.All => entry.Tokens, LogitRows.Last => 1, _ => 0 };
            sequence.Cached += entry.Tokens;
            Deliver(request, new StepOutput(_decoder, row, token, entry.Tokens));
            row += rows;
            token += entry.Tokens;
        }
    }

    private void Deliver(EngineRequest request, in StepOutput output)
    {
        try
        {
            if (request.Advance(output))
            {
                End(request, null);
            }
        }
        catch (Exception exception)
        {
            End(request, exception);
        }
    }

    // Nobody knows how far the layers got, so the keys and values of everybody in the step are dropped. Others go on.
    private void FailStep(Exception exception)
    {
        Log.StepFailed(_logger, exception, _plan.Entries.Count);
        foreach (StepPlan.PlannedTokens entry in _plan.Entries)
        {
            var sequence = (EngineSequence)entry.Sequence;
            _scheduler.Drop(sequence);
            End(sequence.Request!, exception);
        }
    }

    private void End(EngineRequest request, Exception? exception)
    {
        EngineSequence sequence = request.Sequence;
        sequence.Request = null;
        if (request.KeepsSequence)
        {
            _pool.Truncate(sequence, sequence.Cached);
            _scheduler.Park(sequence);
        }
        else
        {
            _scheduler.Drop(sequence);
        }

        // Not before: where giving pages back fails, the request must still be there to be abandoned.
        _requests.Remove(request);
        Log.RequestEnded(_logger, sequence.Ticket, sequence.Known, exception?.GetType().Name);
        if (exception is null)
        {
            request.Complete();
        }
        else
        {
            request.Fail(exception);
        }
    }

    private static ObjectDisposedException SessionClosed() => new(nameof(Session), "The session was disposed.");

    private WinnowException TooLarge(ScheduledSequence sequence) => new(
        $"{sequence.Goal} tokens need {_pool.PagesFor(sequence.Goal)} pages of the KV cache, which has {_cache.TotalPages}. " +
        "Load the engine with more KvCacheBytes or a smaller KvCacheType, or use a shorter prompt.");
}
