using System;
using System.Collections.Generic;
using System.Linq;
using Winnow.Bench.Devices;
using Winnow.Cache;
using Winnow.Cache.Policies;
using Winnow.Models;

namespace Winnow.Bench.Cache.Policies;

/// <summary>
/// Measures what policies cost a decode step. Each policy takes turns with a cache that nothing leaves, step by step, so that what else the machine does meets both.
/// </summary>
/// <param name="device">The device.</param>
/// <param name="rounds">How often each thing is measured.</param>
internal sealed class PolicyBench(TimedDevice device, int rounds) : IDisposable
{
    private const int WarmUps = 2;
    private const int LeastRead = 256;
    private const int ReadShare = 8;

    private readonly RandomPolicyWeights _weights = MakeWeights();
    private readonly Dictionary<int, List<(double Step, double Attention)>> _plain = [];

    /// <summary>A policy at so many slots; a sparse reader reads an eighth of them, but no fewer than 256.</summary>
    public PolicyCost Measure(string name, int slots)
    {
        int budget = KvPolicies.Create(name, KvBudget.Slots(slots), _weights.OptionsOf(name)) is SparseReadPolicy ? Math.Max(LeastRead, slots / ReadShare) : slots;
        CachePolicy policy = KvPolicies.Create(name, KvBudget.Slots(budget), _weights.OptionsOf(name));
        using var subject = new PolicySubject(device, policy, slots);
        using var plain = new PolicySubject(device, new NonePolicy(), slots);
        var samples = new List<Sample>();
        for (int round = -WarmUps; round < rounds; round++)
        {
            (double step, double attention) = (plain.Step(isDue: true), StepTimes.Milliseconds(plain.Parts(isDue: true).Attention));
            Sample sample = Take(subject);
            if (round >= 0)
            {
                samples.Add(sample);
                Plain(slots).Add((step, attention));
            }
        }

        Median Of(Func<Sample, double> part) => Median.Of(samples.Select(part));
        return new PolicyCost(
            name, slots, Of(sample => sample.Step), Of(sample => sample.Attention), Of(sample => sample.Signal), Of(sample => sample.Select), Of(sample => sample.Compact),
            Of(sample => sample.Share).Value, subject.Every);
    }

    /// <summary>The cache that nothing leaves, over all that was measured at so many slots.</summary>
    public PolicyCost MeasuredPlain(int slots) => new(
        "none", slots, Median.Of(Plain(slots).Select(sample => sample.Step)), Median.Of(Plain(slots).Select(sample => sample.Attention)), default, default, default, 0, 1);

    public void Dispose() => _weights.Dispose();

    private static RandomPolicyWeights MakeWeights()
    {
        using ModelFiles files = BenchModel.Open();
        return new RandomPolicyWeights(files.Config);
    }

    // Between two evictions a step is measured without one, and the eviction is spread over the steps; what is noted after each step is not. The share is of
    // the step that was measured in parts.
    private static Sample Take(PolicySubject subject)
    {
        int every = subject.Every;
        double step = subject.Step(isDue: every == 1);
        StepTimes times = subject.Parts(isDue: every == 1);
        double select = times.Observe + times.Policy - (subject.ReadsSparsely ? times.Attention + times.Signal + times.Repeated : times.Compact);
        double compact = times.Compact, total = times.Total - times.Repeated, own = times.Signal + select + compact;
        (double attention, double signal) = (times.Attention, times.Signal);
        if (every == 0)
        {
            times = subject.EndOfPrompt();
            (select, compact) = (times.Observe + times.Policy - times.Compact, times.Compact);
        }
        else if (every > 1)
        {
            times = subject.Parts(isDue: true);
            double spread = times.Policy / (double)every;
            step += StepTimes.Milliseconds(spread);
            (own, total, compact) = (own + spread, total + spread, times.Compact / (double)every);
            select += spread - compact;
        }

        return new Sample(
            step, StepTimes.Milliseconds(attention), StepTimes.Milliseconds(signal), StepTimes.Milliseconds(select), StepTimes.Milliseconds(compact), 100 * own / total);
    }

    private List<(double Step, double Attention)> Plain(int slots)
    {
        if (!_plain.TryGetValue(slots, out List<(double, double)>? samples))
        {
            _plain.Add(slots, samples = []);
        }

        return samples;
    }

    // Milliseconds, and percent.
    private readonly record struct Sample(double Step, double Attention, double Signal, double Select, double Compact, double Share);
}
