using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using Microsoft.Extensions.Logging;
using Winnow.Cache;
using Winnow.Cache.Policies;
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
    private readonly KvEvictor _evictor;
    private readonly Action _evict;
    private readonly StepPlan _plan = new();
    private readonly HashSet<EngineRequest> _requests = [];
    private readonly ILogger _logger;

    public EngineCore(Decoder decoder, KvCache cache, StepBatch batch, KvEvictor evictor, SchedulerOptions options, ILogger logger)
    {
        (_decoder, _cache, _batch, _evictor, _logger) = (decoder, cache, batch, evictor, logger);
        _evict = Evict;
        _pool = new KvPagePool(cache, evictor);
        _scheduler = new Scheduler(options, _pool);
    }

    public KvPagePool Pool => _pool;

    public bool HasWork => _scheduler.HasWork;

    public int Running => _scheduler.Running;

    public int Waiting => _scheduler.Waiting;

    public long Preemptions => _scheduler.Preemptions;

    public long Steps { get; private set; }

    public long ComputedTokens { get; private set; }

    /// <summary>Ticks of <see cref="Stopwatch"/> that policies took on this thread.</summary>
    public long EvictionTicks { get; private set; }

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
        var fork = new EngineSequence(sequence.Tokens, sequence.Known)
        {
            Policy = sequence.Policy,
            ChunkTokens = sequence.ChunkTokens,
            FrozenTokens = sequence.FrozenTokens,
        };
        if (sequence.Kv is KvSequence kv && (_pool.HasFreeRow || _scheduler.TryReclaim(sequence)))
        {
            _pool.Adopt(fork, _cache.Fork(kv));
        }
        else if (sequence.Kv is { IsOneOfAKind: true } evicted)
        {
            var saved = new SegmentedStream();
            _cache.Save(evicted, saved);
            KvPagePool.Keep(fork, saved, sequence.Cached, _cache.PagesOf(evicted));
            fork.SwappedFrozenLength = evicted.FrozenLength;
        }
        else if (sequence.Swapped is SegmentedStream swapped)
        {
            KvPagePool.Keep(fork, swapped, sequence.Cached, sequence.SwappedPages);
            fork.SwappedFrozenLength = sequence.SwappedFrozenLength;
        }

        _scheduler.Park(fork);
        return fork;
    }

    /// <summary>Forgets the last tokens of an idle sequence.</summary>
    public void Rollback(EngineSequence sequence, int tokens)
    {
        if (sequence.Swapped is not null)
        {
            // What was swapped out is cut in the cache: now where there is room for it, else when it is brought back.
            _scheduler.TryMakeRoom(sequence, 0);
        }

        sequence.Truncate(sequence.Known - tokens);
        _pool.Truncate(sequence, Math.Min(sequence.Cached, Math.Max(0, sequence.Known - 1)));
        sequence.FrozenTokens = sequence.FrozenTokens > 0 ? _pool.MostTokens(sequence) : 0;
    }

    /// <summary>From now on nothing leaves the cache of an idle sequence; what has left stays away.</summary>
    public void Freeze(EngineSequence sequence)
    {
        sequence.FrozenTokens = sequence.Policy is { Positions: KvPositions.CacheRelative } ? _pool.MostTokens(sequence) : sequence.FrozenTokens;
        (sequence.Policy, sequence.ChunkTokens) = (null, 0);
        if (sequence.Kv is KvSequence kv)
        {
            kv.FrozenLength ??= kv.Policy is null ? null : kv.Length;
            kv.Policy = null;
        }
        else if (sequence.Swapped is not null)
        {
            sequence.SwappedFrozenLength ??= sequence.Cached;
        }
    }

    /// <summary>What an idle sequence holds of the cache.</summary>
    public KvUsage Measure(EngineSequence sequence) =>
        KvUsage.Of(_cache, sequence.Kv, sequence.Cached);

    /// <summary>Writes the cached keys and values of an idle sequence; nothing where none are cached, or where tokens were taken off what has no room in the cache.</summary>
    public void Save(EngineSequence sequence, Stream destination)
    {
        bool isUncut = sequence.Swapped is not null && _pool.IsUncut(sequence);
        if (isUncut)
        {
            _scheduler.TryMakeRoom(sequence, 0);
        }

        if (sequence.Kv is not null)
        {
            _cache.Save(sequence.Kv, destination);
        }
        else if (sequence.Swapped is not null && !isUncut)
        {
            sequence.Swapped.Position = 0;
            sequence.Swapped.CopyTo(destination);
        }
    }

    /// <summary>A new idle sequence. Where the pages do not fit just now, they are left out and computed again when needed.</summary>
    public EngineSequence Restore(EngineSequence sequence, SegmentedStream? pages)
    {
        if (pages is not null)
        {
            RestorePages(sequence, pages);
        }

        _scheduler.Park(sequence);
        return sequence;
    }

    private void RestorePages(EngineSequence sequence, SegmentedStream saved)
    {
        saved.Position = 0;
        (int length, int pages, _) = _cache.Measure(saved);
        if (length >= Math.Max(1, sequence.Known))
        {
            throw new ModelFormatException($"The saved session has keys and values of {length} tokens, but {sequence.Known} tokens; save it again.");
        }

        KvPagePool.Keep(sequence, saved, length, pages);
        while (!_pool.TryBringBack(sequence) && _scheduler.TryReclaim(sequence))
        {
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
            _evictor.Prepare(sequence.Kv!);
            if (request.SamplingOf(entry.Tokens) is RowSampling sampling)
            {
                _batch.Add(sequence.Kv!, tokens, sampling, _decoder.Vocabulary);
            }
            else
            {
                _batch.Add(sequence.Kv!, tokens, request.RowsOf(entry.Tokens));
            }

            _batch.Observe(MomentOf(entry));
        }

        _decoder.Forward(_cache, _batch, keepHidden, _evict);
    }

    private static KvMoment MomentOf(StepPlan.PlannedTokens entry) =>
        KvEvictor.MomentOf(entry.Sequence.Cached, entry.Tokens, entry.Sequence.Remaining - entry.Tokens);

    private void Evict()
    {
        foreach (StepPlan.PlannedTokens entry in _plan.Entries)
        {
            var sequence = (EngineSequence)entry.Sequence;
            if (sequence.Kv!.Policy is not null)
            {
                long started = Stopwatch.GetTimestamp();
                _evictor.AfterStep(sequence.Kv, sequence.TokenList, entry.Tokens, MomentOf(entry));
                EvictionTicks += Stopwatch.GetTimestamp() - started;
            }
        }
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

    private WinnowException TooLarge(ScheduledSequence sequence) => sequence.IsFull
        ? new ContextLengthException(
            sequence.Goal, _cache.Options.MaxTokens, "Continue the session with the policy that it was saved with, or load the engine with fewer PrefillChunkTokens or more ContextTokens.")
        : new WinnowException($"{sequence.Goal} tokens need {_pool.PagesFor(sequence.Goal)} pages of the KV cache, which has {_cache.TotalPages}. " +
            "Load the engine with more KvCacheBytes or a smaller KvCacheType, or use a shorter prompt.");
}
