using System;
using System.Linq;
using NUnit.Framework;
using Winnow.Engine;

namespace Winnow.Tests.Engine;

internal sealed class SchedulerTests
{
    private readonly StepPlan _plan = new();

    [Test]
    public void Plan_WithNothingQueuedIsEmpty()
    {
        var scheduler = new Scheduler(new SchedulerOptions(4, 32, 32), new CountingPool(10));

        scheduler.Plan(_plan);

        Assert.That(_plan.Entries, Is.Empty);
        Assert.That(scheduler.HasWork, Is.False);
    }

    [Test]
    public void Plan_WithLongPromptKeepsDecodesInEveryStep()
    {
        var scheduler = new Scheduler(new SchedulerOptions(4, 32, 32), new CountingPool(100));
        ScheduledSequence decoding = Queue(scheduler, 1);
        ScheduledSequence prompt = Queue(scheduler, 100);
        int steps = 0;
        while (prompt.Remaining > 0)
        {
            Step(scheduler);
            Assert.That(_plan.Entries.Select(entry => entry.Sequence), Does.Contain(decoding), $"step {steps}");
            decoding.Goal++;
            steps++;
        }

        Assert.That(steps, Is.EqualTo(4), "100 prompt tokens in chunks of 32");
    }

    [Test]
    public void Plan_SharesChunkEvenlyBetweenPrompts()
    {
        var scheduler = new Scheduler(new SchedulerOptions(4, 30, 30), new CountingPool(100));
        ScheduledSequence[] prompts = [Queue(scheduler, 200), Queue(scheduler, 200), Queue(scheduler, 4)];

        Step(scheduler);

        Assert.That(prompts.Select(prompt => prompt.Cached), Is.EqualTo(new[] { 13, 13, 4 }));
    }

    [Test]
    public void Plan_LimitsTokensThatNeedAllLogits()
    {
        var scheduler = new Scheduler(new SchedulerOptions(4, 30, 5), new CountingPool(100));
        var scored = new ScheduledSequence { Goal = 100, NeedsAllLogits = true };
        scheduler.Enqueue(scored);
        ScheduledSequence prompt = Queue(scheduler, 100);

        Step(scheduler);

        Assert.That((scored.Cached, prompt.Cached), Is.EqualTo((5, 25)));
    }

    [Test]
    public void Plan_LimitsChunksThatNeedAllLogitsToo()
    {
        var scheduler = new Scheduler(new SchedulerOptions(4, 30, 8), new CountingPool(100));
        ScheduledSequence[] scored = [.. Enumerable.Range(0, 3).Select(_ => new ScheduledSequence { Goal = 50, NeedsAllLogits = true, ChunkTokens = 5 })];
        Array.ForEach(scored, scheduler.Enqueue);

        while (scheduler.Running + scheduler.Waiting > 0)
        {
            int before = scored.Sum(sequence => sequence.Cached);
            Step(scheduler);
            Assert.That(scored.Sum(sequence => sequence.Cached) - before, Is.InRange(1, 8));
            foreach (ScheduledSequence done in scored.Where(sequence => sequence.Remaining == 0))
            {
                scheduler.Park(done);
            }
        }

        Assert.That(scored.Select(sequence => sequence.Cached), Is.All.EqualTo(50));
    }

    [Test]
    public void Plan_WithoutFreePagesLeavesNewcomersWaitingInOrder()
    {
        var scheduler = new Scheduler(new SchedulerOptions(4, 64, 64), new CountingPool(4));
        ScheduledSequence first = Queue(scheduler, 48);
        ScheduledSequence second = Queue(scheduler, 40);
        ScheduledSequence third = Queue(scheduler, 2);

        Step(scheduler);

        Assert.That(first.Phase, Is.EqualTo(SequencePhase.Running));
        Assert.That(second.Phase, Is.EqualTo(SequencePhase.Waiting));
        Assert.That(third.Phase, Is.EqualTo(SequencePhase.Waiting), "nobody overtakes");
    }

    [Test]
    public void Plan_WhenDecodeNeedsPagePreemptsYoungest()
    {
        var pool = new CountingPool(4);
        var scheduler = new Scheduler(new SchedulerOptions(4, 64, 64), pool);
        ScheduledSequence old = Queue(scheduler, 16);
        ScheduledSequence young = Queue(scheduler, 16);
        Step(scheduler);
        (old.Goal, young.Goal) = (48, 17);
        Step(scheduler);
        Step(scheduler);
        (old.Goal, young.Goal) = (49, 18);

        Step(scheduler);

        Assert.That(old.Cached, Is.EqualTo(49));
        Assert.That((young.Phase, young.Cached), Is.EqualTo((SequencePhase.Waiting, 0)));
        Assert.That(pool.HeldBy(young), Is.Zero);
        Assert.That(scheduler.Preemptions, Is.EqualTo(1));
    }

    [Test]
    public void Plan_TakesPagesOfIdleSequencesLeastRecentlyUsedFirst()
    {
        var pool = new CountingPool(6);
        var scheduler = new Scheduler(new SchedulerOptions(4, 64, 64), pool);
        ScheduledSequence[] idle = [Queue(scheduler, 32), Queue(scheduler, 32)];
        Step(scheduler);
        scheduler.Park(idle[1]);
        scheduler.Park(idle[0]);

        ScheduledSequence prompt = Queue(scheduler, 60);
        Step(scheduler);

        Assert.That(prompt.Cached, Is.EqualTo(60));
        Assert.That(idle.Select(sequence => sequence.Cached), Is.EqualTo(new[] { 32, 0 }));
    }

    [Test]
    public void Plan_WithSequenceLargerThanPoolRejectsItAndGoesOn()
    {
        var pool = new CountingPool(3);
        var scheduler = new Scheduler(new SchedulerOptions(4, 64, 64), pool);
        ScheduledSequence tooLarge = Queue(scheduler, 49);
        ScheduledSequence small = Queue(scheduler, 5);

        Step(scheduler);

        Assert.That(_plan.Rejected, Is.EqualTo(new[] { tooLarge }));
        Assert.That(small.Cached, Is.EqualTo(5));
    }

    [Test]
    public void Plan_WithLoneDecodeThatCannotGrowRejectsIt()
    {
        var pool = new CountingPool(1);
        var scheduler = new Scheduler(new SchedulerOptions(4, 64, 64), pool);
        ScheduledSequence sequence = Queue(scheduler, 16);
        Step(scheduler);
        sequence.Goal = 17;

        Step(scheduler);

        Assert.That(_plan.Rejected, Is.EqualTo(new[] { sequence }));
        Assert.That(pool.FreePages, Is.EqualTo(1));
        Assert.That(scheduler.HasWork, Is.False);
    }

    [Test]
    public void Plan_RunsAtMostSoManySequences()
    {
        var scheduler = new Scheduler(new SchedulerOptions(2, 64, 64), new CountingPool(100));
        ScheduledSequence[] all = [.. Enumerable.Range(0, 3).Select(_ => Queue(scheduler, 1))];

        Step(scheduler);
        Assert.That(all.Select(sequence => sequence.Cached), Is.EqualTo(new[] { 1, 1, 0 }));
        scheduler.Drop(all[0]);
        all[1].Goal++;
        Step(scheduler);

        Assert.That(all[2].Cached, Is.EqualTo(1));
    }

    private static ScheduledSequence Queue(Scheduler scheduler, int tokens)
    {
        var sequence = new ScheduledSequence { Goal = tokens };
        scheduler.Enqueue(sequence);
        return sequence;
    }

    private void Step(Scheduler scheduler)
    {
        scheduler.Plan(_plan);
        foreach (StepPlan.PlannedTokens entry in _plan.Entries)
        {
            entry.Sequence.Cached += entry.Tokens;
        }
    }
}
