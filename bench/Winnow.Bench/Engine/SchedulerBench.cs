using BenchmarkDotNet.Attributes;
using Winnow.Engine;
using Winnow.Tests.Engine;

namespace Winnow.Bench.Engine;

/// <summary>Planning a step: so many sequences with one token to go, and the same with as many prompts that share a chunk.</summary>
public class SchedulerBench
{
    private const int ChunkTokens = 512;
    private const int Pages = 1 << 20;
    private readonly StepPlan _plan = new();
    private Scheduler _decoding = null!;
    private Scheduler _mixed = null!;

    [Params(1, 16, 256)]
    public int Sequences { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _decoding = New(1);
        _mixed = New(1, 4096);
    }

    [Benchmark]
    public int Decode()
    {
        _decoding.Plan(_plan);
        return _plan.Tokens;
    }

    [Benchmark]
    public int DecodeAndPrompts()
    {
        _mixed.Plan(_plan);
        return _plan.Tokens;
    }

    // Nothing takes the plan's tokens as computed, so each plan is of the same step.
    private Scheduler New(params int[] goals)
    {
        var scheduler = new Scheduler(new SchedulerOptions(goals.Length * Sequences, ChunkTokens, ChunkTokens), new CountingPool(Pages));
        foreach (int goal in goals)
        {
            for (int i = 0; i < Sequences; i++)
            {
                scheduler.Enqueue(new ScheduledSequence { Goal = goal });
            }
        }

        return scheduler;
    }
}
