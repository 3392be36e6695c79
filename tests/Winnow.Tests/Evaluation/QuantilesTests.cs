using System;
using System.Linq;
using NUnit.Framework;
using Winnow.Evaluation;

namespace Winnow.Tests.Evaluation;

internal sealed class QuantilesTests
{
    [Test]
    public void Of_GivesTheLeastDurationThatSoManyAreNotAbove()
    {
        var random = new Random(1);
        TimeSpan[] durations = [.. Enumerable.Range(1, 2000).Select(milliseconds => TimeSpan.FromMilliseconds(milliseconds)).OrderBy(_ => random.Next())];

        var quantiles = Quantiles.Of(durations);

        Assert.That(quantiles, Is.EqualTo(new Quantiles(2000, Milliseconds(1000), Milliseconds(1800), Milliseconds(1980), Milliseconds(1998), Milliseconds(2000))));
    }

    [Test]
    public void Of_OneDurationIsThatEverywhere()
    {
        var quantiles = Quantiles.Of([Milliseconds(3)]);

        Assert.That(quantiles, Is.EqualTo(new Quantiles(1, Milliseconds(3), Milliseconds(3), Milliseconds(3), Milliseconds(3), Milliseconds(3))));
    }

    [Test]
    public void Of_NoneIsRefused() => Assert.Throws<ArgumentOutOfRangeException>(() => Quantiles.Of([]));

    private static TimeSpan Milliseconds(int count) => TimeSpan.FromMilliseconds(count);
}
