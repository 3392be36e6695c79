using System;
using System.Linq;
using NUnit.Framework;

namespace Winnow.Benchmarking.Timing;

public sealed class TimeStatisticsTests
{
    [Test]
    public void Of_IsMedianAndTenthsInAnyOrder()
    {
        TimeStatistics statistics = TimeStatistics.Of(Enumerable.Range(0, 101).Reverse().Select(i => (double)i));

        Assert.That(statistics, Is.EqualTo(new TimeStatistics(50, 10, 90, 101)));
    }

    [Test]
    public void Of_BetweenSamplesInterpolates()
    {
        Assert.That(TimeStatistics.Of([1, 2]), Is.EqualTo(new TimeStatistics(1.5, 1.1, 1.9, 2)));
        Assert.That(TimeStatistics.Of([7]), Is.EqualTo(new TimeStatistics(7, 7, 7, 1)));
    }

    [Test]
    public void Of_NothingIsAnError()
    {
        Assert.That(() => TimeStatistics.Of([]), Throws.TypeOf<ArgumentException>());
    }
}
