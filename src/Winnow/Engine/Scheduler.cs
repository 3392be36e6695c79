using System;
using System.Collections.Generic;

namespace Winnow.Engine;

/// <summary>
/// Continuous batching: decides from step to step which sequences compute how many tokens. Every running sequence with one token to go
/// (decode) is in every step; prompts share a budget of tokens evenly, so that neither a long prompt nor many of them stall the others.
/// </summary>
/// <remarks>
/// <para>Admission is first come, first served, and takes the pages for all known tokens at once, so only growth by decode can run out of pages.
/// Then pages are taken from idle sequences (least recently used first), from waiting ones, and last from running ones that are younger, youngest first;
/// whoever loses pages computes them again later. A sequence takes from younger ones only, so the oldest always gets on and each one ends.</para>
/// <para>Plain data: counts and pages. One thread owns it, and planning a step allocates nothing once its lists have grown.</para>
/// </remarks>
internal sealed class Scheduler
{
    private readonly SchedulerOptions _options;
    private readonly IPagePool _pool;

    // All three by age: waiting and running by ticket, idle by last use.
    private readonly List<ScheduledSequence> _waiting = [];
    private readonly List<ScheduledSequence> _running = [];
    private readonly List<ScheduledSequence> _idle = [];
    private long _nextTicket;
    private int _firstPrompt;
    private bool _decodedLast;

    public Scheduler(SchedulerOptions options, IPagePool pool)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxRunning, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.ChunkTokens, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.AllLogitsTokens, 1);
        _options = options;
        _pool = pool;
    }

    /// <summary>Sequences computed in each step.</summary>
    public int Running => _running.Count;

    /// <summary>Sequences in the line.</summary>
    public int Waiting => _waiting.Count;

    /// <summary>Sequences whose pages are kept without need.</summary>
    public int Idle => _idle.Count;

    /// <summary>How often a sequence lost its pages to another one.</summary>
    public long Preemptions { get; private set; }

    /// <summary>True while a step would have something to do.</summary>
    public bool HasWork => _running.Count > 0 || _waiting.Count > 0;

    /// <summary>Puts a sequence at the end of the line.</summary>
    public void Enqueue(ScheduledSequence sequence)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sequence.Remaining, 1, nameof(sequence));
        Detach(sequence);
        sequence.Ticket = _nextTicket++;
        sequence.Phase = SequencePhase.Waiting;
        _waiting.Add(sequence);
    }

    /// <summary>Takes a sequence out of the line or the running ones and lets it keep its pages while nobody needs them.</summary>
    public void Park(ScheduledSequence sequence)
    {
        Detach(sequence);
        sequence.Phase = SequencePhase.Idle;
        _idle.Add(sequence);
    }

    /// <summary>Takes a sequence out of the line or the running ones and gives its pages back.</summary>
    public void Drop(ScheduledSequence sequence)
    {
        Detach(sequence);
        sequence.Cached = _pool.Release(sequence, returns: false);
    }

    /// <summary>Plans a step.</summary>
    /// <param name="plan">Cleared and filled; the pages of its entries are reserved.</param>
    public void Plan(StepPlan plan)
    {
        plan.Clear();
        Admit(plan);
        MakeRoomForChunks(plan);
        bool prompts = _options.SeparatesPhases && _decodedLast && HasPrompt();
        if (!prompts)
        {
            PlanDecodes(plan);
        }

        _decodedLast = plan.Entries.Count > 0;
        if (!_options.SeparatesPhases || !_decodedLast)
        {
            PlanPrompts(plan);
        }
    }

    /// <summary>Takes pages from whoever needs them least, until <paramref name="tokens"/> more fit behind the sequence's cached ones.</summary>
    /// <returns>False where that would take from older ones.</returns>
    public bool TryMakeRoom(ScheduledSequence sequence, int tokens)
    {
        while (!_pool.TryReserve(sequence, tokens))
        {
            if (!_pool.HasPlaceFor(sequence, tokens) || !TryTakePages(sequence))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Takes the pages of an idle or a waiting sequence, the one that needs them least.</summary>
    public bool TryReclaim(ScheduledSequence forWhom)
    {
        for (int i = 0; i < _idle.Count; i++)
        {
            if (TryRelease(_idle[i], forWhom))
            {
                return true;
            }
        }

        for (int i = _waiting.Count - 1; i >= 0; i--)
        {
            if (TryRelease(_waiting[i], forWhom))
            {
                return true;
            }
        }

        return false;
    }

    private void Admit(StepPlan plan)
    {
        while (_waiting.Count > 0 && _running.Count < _options.MaxRunning)
        {
            ScheduledSequence next = _waiting[0];
            if (!HasSlackFor(next) || !TryMakeRoom(next, next.NextTokens))
            {
                if (_running.Count > 0 && _pool.HasPlaceFor(next, next.NextTokens))
                {
                    return;
                }

                Reject(next, plan);
                continue;
            }

            _waiting.RemoveAt(0);
            next.Phase = SequencePhase.Running;
            _running.Add(next);
        }
    }

    // Without room for one more page in each running sequence's heads, the newcomer would be thrown out again at once.
    private bool HasSlackFor(ScheduledSequence next)
    {
        if (_running.Count == 0)
        {
            return true;
        }

        int growth = 0;
        foreach (ScheduledSequence sequence in _running)
        {
            growth += _pool.PagesNeeded(sequence, sequence.NextTokens + 1);
        }

        while (_pool.FreePages < growth + _pool.PagesNeeded(next, next.NextTokens))
        {
            if (!TryReclaim(next))
            {
                return false;
            }
        }

        return true;
    }

    // Before anything is planned, because it may take the pages of younger ones. Who gets no room waits for the next step.
    private void MakeRoomForChunks(StepPlan plan)
    {
        for (int i = 0; i < _running.Count; i++)
        {
            ScheduledSequence sequence = _running[i];
            sequence.HasRoom = sequence.ChunkTokens > 0 && sequence.Remaining > 1 && TryMakeRoom(sequence, sequence.NextTokens);
            if (sequence.ChunkTokens > 0 && sequence.Remaining > 1 && !sequence.HasRoom && NeverHasRoom(sequence))
            {
                Reject(sequence, plan);
                i--;
            }
        }
    }

    private bool HasPrompt()
    {
        foreach (ScheduledSequence sequence in _running)
        {
            if (sequence.Remaining > 1)
            {
                return true;
            }
        }

        return false;
    }

    private void PlanDecodes(StepPlan plan)
    {
        for (int i = 0; i < _running.Count; i++)
        {
            ScheduledSequence sequence = _running[i];
            if (sequence.Remaining != 1)
            {
                continue;
            }

            if (TryMakeRoom(sequence, 1))
            {
                plan.Add(sequence, 1);
            }
            else if (NeverHasRoom(sequence))
            {
                Reject(sequence, plan);
                i--;
            }
        }
    }

    // Who got no room now waits for others to end; where there are none, or its own slots are too many, that is in vain.
    private bool NeverHasRoom(ScheduledSequence sequence) => _running.Count == 1 || !_pool.HasPlaceFor(sequence, sequence.NextTokens);

    private void PlanPrompts(StepPlan plan)
    {
        int open = 0;
        foreach (ScheduledSequence sequence in _running)
        {
            sequence.Grant = 0;
            open += sequence.Remaining > 1 ? 1 : 0;
        }

        if (open == 0)
        {
            return;
        }

        // Whoever is first takes the remainder of the division, so it is another one each time.
        _firstPrompt = (_firstPrompt + 1) % _running.Count;
        int left = _options.ChunkTokens;
        int logits = _options.AllLogitsTokens;
        open -= GrantChunks(ref left, ref logits);
        while (left > 0 && open > 0)
        {
            int share = Math.Max(1, left / open);
            (left, open) = GrantShares(share, left, ref logits);
        }

        foreach (ScheduledSequence sequence in _running)
        {
            if (sequence.Grant > 0)
            {
                plan.Add(sequence, sequence.Grant);
            }
        }
    }

    // Sequences whose prompts go in whole chunks take turns with the others: whoever is first in this step is served first. Returns how many there are.
    private int GrantChunks(ref int left, ref int logits)
    {
        int chunked = 0;
        bool othersFirst = false;
        for (int i = 0; i < _running.Count; i++)
        {
            ScheduledSequence sequence = _running[(_firstPrompt + i) % _running.Count];
            bool isOpen = sequence.Remaining > 1;
            othersFirst |= isOpen && sequence.ChunkTokens == 0 && chunked == 0;
            chunked += isOpen && sequence.ChunkTokens > 0 ? 1 : 0;
            int limit = sequence.NeedsAllLogits ? Math.Min(left, logits) : left;
            if (sequence.HasRoom && !othersFirst && sequence.NextTokens <= limit)
            {
                sequence.Grant = sequence.NextTokens;
                left -= sequence.Grant;
                logits -= sequence.NeedsAllLogits ? sequence.Grant : 0;
            }
        }

        return chunked;
    }

    // Returns the tokens left and how many sequences could use them.
    private (int Left, int Open) GrantShares(int share, int left, ref int logits)
    {
        int open = 0;
        for (int i = 0; i < _running.Count; i++)
        {
            ScheduledSequence sequence = _running[(_firstPrompt + i) % _running.Count];
            if (sequence.Remaining <= 1 || sequence.ChunkTokens > 0)
            {
                continue;
            }

            int limit = sequence.NeedsAllLogits ? Math.Min(left, logits) : left;
            int tokens = Math.Min(Math.Min(share, sequence.Remaining - sequence.Grant), limit);
            sequence.Grant += tokens;
            left -= tokens;
            logits -= sequence.NeedsAllLogits ? tokens : 0;
            bool canTakeMore = sequence.Grant < sequence.Remaining && (!sequence.NeedsAllLogits || logits > 0);
            open += canTakeMore ? 1 : 0;
        }

        return (left, open);
    }

    private bool TryTakePages(ScheduledSequence forWhom)
    {
        if (TryReclaim(forWhom))
        {
            return true;
        }

        ScheduledSequence? youngest = _running.Count > 0 ? _running[^1] : null;
        if (youngest is null || youngest == forWhom || youngest.Ticket < forWhom.Ticket || forWhom.Phase != SequencePhase.Running)
        {
            return false;
        }

        _running.RemoveAt(_running.Count - 1);
        youngest.Phase = SequencePhase.Waiting;
        _waiting.Insert(0, youngest);
        Release(youngest);
        return true;
    }

    private bool TryRelease(ScheduledSequence sequence, ScheduledSequence forWhom)
    {
        if (sequence == forWhom || !_pool.Holds(sequence))
        {
            return false;
        }

        Release(sequence);
        return true;
    }

    private void Reject(ScheduledSequence sequence, StepPlan plan)
    {
        sequence.IsFull = !_pool.HasPlaceFor(sequence, sequence.NextTokens);
        Drop(sequence);
        plan.Rejected.Add(sequence);
    }

    private void Release(ScheduledSequence sequence)
    {
        sequence.Cached = _pool.Release(sequence, returns: true);
        Preemptions++;
    }

    private void Detach(ScheduledSequence sequence)
    {
        List<ScheduledSequence>? list = sequence.Phase switch
        {
            SequencePhase.Idle => _idle,
            SequencePhase.Waiting => _waiting,
            SequencePhase.Running => _running,
            _ => null,
        };
        list?.Remove(sequence);
        sequence.Phase = SequencePhase.Detached;
    }
}
