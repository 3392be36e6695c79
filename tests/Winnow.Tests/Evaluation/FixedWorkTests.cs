using System;
using System.Linq;
using NUnit.Framework;
using Winnow.Evaluation;

namespace Winnow.Tests.Evaluation;

/// <summary>The work that tells how even a machine is.</summary>
internal sealed class FixedWorkTests
{
    [TestCase(0, 0, 10)]
    [TestCase(400, 1 << 20, 400)]
    [TestCase(60_000_000, long.MaxValue, 10_000)]
    public void Lasting_StaysWithinItsBounds(long microseconds, long bytes, long expected) =>
        Assert.That(FixedWork.Lasting(TimeSpan.FromMicroseconds(microseconds), bytes).Duration, Is.EqualTo(TimeSpan.FromMicroseconds(expected)));

    [Test]
    public void Run_TakesLongerWhereMoreWasAskedFor()
    {
        var shorter = FixedWork.Lasting(TimeSpan.FromMicroseconds(50), 1 << 16);
        var longer = FixedWork.Lasting(TimeSpan.FromMilliseconds(8), 1 << 16);

        Assert.That(Best(longer), Is.GreaterThan(Best(shorter)));
    }

    // The best of several: a busy machine makes any single one longer.
    private static TimeSpan Best(FixedWork work) => Enumerable.Range(0, 10).Min(_ => work.Run());
}
