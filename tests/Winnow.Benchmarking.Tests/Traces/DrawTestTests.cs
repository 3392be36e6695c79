using System;
using System.Linq;
using NUnit.Framework;

namespace Winnow.Benchmarking.Traces;

/// <summary>The test of frequencies keeps what it promises.</summary>
public sealed class DrawTestTests
{
    [Test]
    public void Limit_IsWhereTheBoundReachesTheRate([Values(2, 3, 10, 32)] int bins, [Values(0.5, 1e-3, 1e-8)] double rate)
    {
        double limit = DrawTest.Limit(bins, rate);

        Assert.That(limit, Is.GreaterThan(bins - 1));
        Assert.That(Math.Exp(-limit) * Math.Pow(Math.E * limit / (bins - 1), bins - 1), Is.EqualTo(rate).Within(1e-9 * rate));
    }

    [TestCase(0.3)]
    [TestCase(0.05)]
    [TestCase(1e-3)]
    public void Limit_IsExceededNoMoreOftenThanPromised(double rate)
    {
        double[] law = [0.6, 0.3, 0.1];
        double limit = DrawTest.Limit(3, rate);
        (double exceeded, double all) = (0, 0);
        const int Draws = 12;
        for (int first = 0; first <= Draws; first++)
        {
            for (int second = 0; first + second <= Draws; second++)
            {
                int[] counts = [first, second, Draws - first - second];
                double probability = Enumerable.Range(1, Draws).Aggregate(1.0, (product, i) => product * i);
                double statistic = 0;
                for (int bin = 0; bin < 3; bin++)
                {
                    probability *= Enumerable.Range(1, counts[bin]).Aggregate(1.0, (product, i) => product * law[bin] / i);
                    statistic += counts[bin] == 0 ? 0 : counts[bin] * Math.Log(counts[bin] / (Draws * law[bin]));
                }

                all += probability;
                exceeded += statistic >= limit ? probability : 0;
            }
        }

        Assert.That(all, Is.EqualTo(1).Within(1e-12));
        Assert.That(exceeded, Is.GreaterThan(0).And.LessThanOrEqualTo(rate));
    }

    [Test]
    public void Draws_AreEnoughToFindALawThatIsOffByTheDistance()
    {
        TraceDrawOptions options = new() { FalseAlarms = 1e-3, Misses = 1e-2, Distance = 0.2 };
        TraceDrawRow row = new([0.3, 0.2, 0.15, 0.1, 0.1, 0.05, 0.05, 0.05]);
        double[] wrong = [0.5, 0.2, 0.15, 0.05, 0.05, 0.05, 0, 0];
        long draws = DrawTest.Draws(DrawBins.Most(row), options.FalseAlarms, options);

        int[] found = [Found([.. row.Weights]), Found(wrong)];

        // Of 300 of each: at most 3 misses and 0.3 false alarms are promised on average; ten misses and five alarms are beyond all chance.
        Assert.That(found[0], Is.LessThan(5), "right ones");
        Assert.That(found[1], Is.GreaterThan(290), "wrong ones");

        int Found(double[] law)
        {
            Random random = new(5);
            return Enumerable.Range(0, 300).Count(_ =>
            {
                DrawBins bins = new(row, draws);
                for (long i = 0; i < draws; i++)
                {
                    bins.Take(Draw(law, random));
                }

                return bins.Statistic() > DrawTest.Limit(bins.Count, options.FalseAlarms);
            });
        }
    }

    [Test]
    public void Draws_GrowWithWhatIsPromised()
    {
        TraceDrawOptions options = new();
        long usual = DrawTest.Draws(10, 1e-6, options);

        Assert.That(usual, Is.InRange(5000, 6500), "(sqrt(35) + sqrt(4.5) + sqrt(ln 1000))^2 / 0.02");
        Assert.That(DrawTest.Draws(10, 1e-6, options with { Distance = 0.05 }), Is.EqualTo(4 * usual).Within(4), "half the distance");
        Assert.That(DrawTest.Draws(10, 1e-9, options), Is.GreaterThan(usual));
        Assert.That(DrawTest.Draws(20, 1e-6, options), Is.GreaterThan(usual));
        Assert.That(DrawTest.Draws(10, 1e-6, options with { Misses = 1e-6 }), Is.GreaterThan(usual));
        Assert.That(DrawTest.Draws(1, 1e-6, options), Is.GreaterThan(Math.Log(1e3) / 0.1), "enough to see a draw of what must not be drawn");
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(double.NaN)]
    public void Options_ThatAreNoSharesAreRefused(double value)
    {
        Assert.That(() => new TraceDrawOptions { FalseAlarms = value }, Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => new TraceDrawOptions { Misses = value }, Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => new TraceDrawOptions { Distance = value }, Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [TestCase(5000, 4)]
    [TestCase(1000, 3)]
    [TestCase(100, 1)]
    public void Bins_WithFewerThanFiveExpectedDrawsArePooled(long draws, int bins)
    {
        Assert.That(new DrawBins(new TraceDrawRow([0.002, 0.99, 0.003, 0.005]), draws).Count, Is.EqualTo(bins));
    }

    [Test]
    public void Bins_OfManyNumbersShareThem()
    {
        TraceDrawRow row = new([.. Enumerable.Repeat(1.0, 1000)]);
        DrawBins bins = new(row, 100_000);

        // The first fifty numbers alone: a twentieth of all, which are one or two bins of 32 and the part of a third.
        for (int i = 0; i < 100_000; i++)
        {
            bins.Take(i % 50);
        }

        Assert.That((bins.Count, DrawBins.Most(row)), Is.EqualTo((32, 32)));
        Assert.That(bins.Distance().Total, Is.InRange(0.9, 0.95));
        Assert.That(bins.Statistic() / 100_000, Is.InRange(Math.Log(1 / 0.1), Math.Log(1 / 0.05)));
    }

    [Test]
    public void Bins_WithABorderAllowWhatARightSolutionKeepsOfIt()
    {
        TraceDrawRow row = new([0.4, 0.2, 0.2, 0.2]) { Border = [1, 2, 3], LeastBorder = 0.2, MostBorder = 0.6 };

        Assert.That(Statistic(2, 1, 0, 0), Is.EqualTo(0).Within(1e-12), "the least, one of them");
        Assert.That(Statistic(4, 2, 2, 2), Is.EqualTo(0).Within(1e-12), "all of them");
        Assert.That(Statistic(5, 2, 0, 3), Is.EqualTo(0).Within(1e-12), "between");
        Assert.That(Statistic(3, 1, 0, 0), Is.EqualTo((300 * Math.Log(0.75 / (2 / 3.0))) + (100 * Math.Log(0.25 * 3))).Within(1e-9), "less than the least");
        Assert.That(Statistic(1, 1, 1, 1), Is.EqualTo((100 * Math.Log(0.25 / 0.4)) + (300 * Math.Log(0.75 / 0.6))).Within(1e-9), "more than the most");

        double Statistic(params int[] hundreds)
        {
            DrawBins bins = new(row, 400);
            foreach (int number in hundreds.SelectMany((count, number) => Enumerable.Repeat(number, 100 * count)))
            {
                Assert.That(bins.Take(number), Is.True);
            }

            return bins.Statistic();
        }
    }

    [TestCase(-1)]
    [TestCase(3)]
    [TestCase(1)]
    [TestCase(0.5)]
    [TestCase(double.NaN)]
    [TestCase(1e300)]
    public void Take_OfWhatMustNotBeDrawnSaysSo(double number)
    {
        Assert.That(new DrawBins(new TraceDrawRow([0.5, 0, 0.5]), 1000).Take(number), Is.False);
    }

    /// <summary>A number drawn by its weight, of weights that add up to 1.</summary>
    private static int Draw(double[] law, Random random)
    {
        double left = random.NextDouble();
        int number = 0;
        while (number < law.Length - 1 && left >= law[number])
        {
            left -= law[number++];
        }

        return number;
    }
}
