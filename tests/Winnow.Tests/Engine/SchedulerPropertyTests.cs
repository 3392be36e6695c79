using System;
using System.Collections.Generic;
using System.Linq;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;
using Winnow.Engine;

namespace Winnow.Tests.Engine;

/// <summary>Random workloads against the counting pool: whatever arrives, pages are never lost and everybody ends.</summary>
internal sealed class SchedulerPropertyTests
{
    private static readonly Gen<Workload> Workloads =
        from prompts in Gen.Choose(1, 120).NonEmptyListOf()
        from answers in Gen.Choose(0, 60).ListOf(prompts.Count)
        from running in Gen.Choose(1, 6)
        from chunk in Gen.Choose(1, 64)
        from spare in Gen.Choose(0, 12)
        from seed in Gen.Choose(0, int.MaxValue - 1)
        select new Workload([.. prompts], [.. answers], running, chunk, spare, seed);

    [Test]
    public void Plan_WithAnyWorkloadEndsEveryRequestAndLosesNoPage() => Check(workload => new Simulation(workload).Run(0));

    [Test]
    public void Plan_WithRandomCancellationsAndSessionsEndsTheOthersAndLosesNoPage() => Check(workload => new Simulation(workload).Run(0.05));

    private static void Check(Action<Workload> property) =>
        Prop.ForAll(Arb.From(Workloads), property).Check(Config.QuickThrowOnFailure.WithMaxTest(120).WithReplay(1, 3));

    private sealed record Workload(int[] Prompts, int[] Answers, int Running, int Chunk, int SparePages, int Seed);

    private sealed class Request : ScheduledSequence
    {
        public int End { get; init; }
    }

    private sealed class Simulation
    {
        private readonly Workload _workload;
        private readonly Random _random;
        private readonly CountingPool _pool;
        private readonly Scheduler _scheduler;
        private readonly StepPlan _plan = new();
        private readonly List<Request> _open = [];
        private readonly List<Request> _idle = [];
        private int _arrived;

        public Simulation(Workload workload)
        {
            _workload = workload;
            _random = new Random(workload.Seed);
            int largest = workload.Prompts.Zip(workload.Answers, (prompt, answer) => CountingPool.PagesFor(prompt + answer)).Max();
            _pool = new CountingPool(largest + workload.SparePages);
            _scheduler = new Scheduler(new SchedulerOptions(workload.Running, workload.Chunk, workload.Chunk), _pool);
        }

        public void Run(double disturbance)
        {
            // Each request may have to be computed again whenever an older one grows by a page.
            long work = _workload.Prompts.Zip(_workload.Answers, (prompt, answer) => prompt + answer).Sum();
            long limit = (work + 1) * (_workload.Prompts.Length + 1);
            long steps = 0;
            while (_arrived < _workload.Prompts.Length || _open.Count > 0)
            {
                Arrive();
                Disturb(disturbance);
                Step();
                Assert.That(++steps, Is.LessThanOrEqualTo(limit), "somebody starves");
            }

            _idle.ForEach(_scheduler.Drop);
            Assert.That(_pool.FreePages, Is.EqualTo(_pool.TotalPages));
            Assert.That(_scheduler.HasWork, Is.False);
        }

        private void Arrive()
        {
            while (_arrived < _workload.Prompts.Length && (_open.Count == 0 || _random.Next(4) == 0))
            {
                int prompt = _workload.Prompts[_arrived];
                var request = new Request { Goal = prompt, End = prompt + _workload.Answers[_arrived++] };
                _open.Add(request);
                _scheduler.Enqueue(request);
            }
        }

        private void Disturb(double chance)
        {
            if (_open.Count > 0 && _random.NextDouble() < chance)
            {
                Request cancelled = _open[_random.Next(_open.Count)];
                _open.Remove(cancelled);
                _scheduler.Drop(cancelled);
            }

            if (_idle.Count > 0 && _random.NextDouble() < chance)
            {
                _scheduler.Drop(_idle[0]);
                _idle.RemoveAt(0);
            }
        }

        private void Step()
        {
            _scheduler.Plan(_plan);
            Assert.That(_plan.Rejected, Is.Empty, "each request fits the pool alone");
            Assert.That(_open, Has.Count.Zero.Or.Matches<object>(_ => _plan.Entries.Count > 0), "a step gets somebody on");
            Assert.That(_plan.Entries.Select(entry => entry.Sequence), Is.Unique);
            Assert.That(_plan.Entries, Has.Count.LessThanOrEqualTo(_workload.Running));
            Assert.That(_plan.Entries.Where(entry => entry.Sequence.Remaining > 1).Sum(entry => entry.Tokens), Is.LessThanOrEqualTo(_workload.Chunk));
            foreach ((ScheduledSequence sequence, int tokens) in _plan.Entries)
            {
                Assert.That(tokens, Is.InRange(1, sequence.Remaining));
                Assert.That(_pool.HeldBy(sequence), Is.GreaterThanOrEqualTo(CountingPool.PagesFor(sequence.Cached + tokens)), "reserved");
                sequence.Cached += tokens;
            }

            foreach (Request request in _plan.Entries.Select(entry => (Request)entry.Sequence).Where(request => request.Remaining == 0))
            {
                Finish(request);
            }
        }

        private void Finish(Request request)
        {
            if (request.Goal < request.End)
            {
                request.Goal++;
                return;
            }

            _open.Remove(request);
            if (_random.Next(3) == 0)
            {
                _idle.Add(request);
                _scheduler.Park(request);
            }
            else
            {
                _scheduler.Drop(request);
            }
        }
    }
}
