using System;
using System.Linq;
using NUnit.Framework;

namespace Winnow.Cli.Plots;

/// <summary>Where labels and ticks go.</summary>
public sealed class PlotLayoutTests
{
    [Test]
    public void Place_OfLabelsApartLeavesThemWhereTheyWantToBe()
    {
        Assert.That(LabelColumn.Place([80, 10, 40], 10, 0, 100), Is.EqualTo(new double[] { 80, 10, 40 }));
    }

    [Test]
    public void Place_OfEqualLabelsSpreadsThemAroundTheirPlaceInOrder()
    {
        Assert.That(LabelColumn.Place([50, 50, 50], 10, 0, 100), Is.EqualTo(new double[] { 40, 50, 60 }));
    }

    [Test]
    public void Place_KeepsLabelsInside()
    {
        Assert.That(LabelColumn.Place([-5, 0, 100, 120], 10, 0, 100), Is.EqualTo(new double[] { 0, 10, 90, 100 }));
    }

    [Test]
    public void Place_OfAnyLabelsKeepsTheGapTheOrderAndTheBounds([Range(1, 30)] int count)
    {
        Random random = new(count);
        double[] wanted = [.. Enumerable.Range(0, count).Select(_ => random.NextDouble() * 320 - 10)];

        double[] places = LabelColumn.Place(wanted, 10, 0, 300);

        int[] order = [.. Enumerable.Range(0, count).OrderBy(i => wanted[i])];
        for (int i = 0; i < count; i++)
        {
            Assert.That(places[order[i]], Is.InRange(0, 300 + 1e-9));
            Assert.That(i == 0 || places[order[i]] - places[order[i - 1]] >= 10 - 1e-9, $"label {i}");
        }
    }

    [TestCase(41, 8, 50, 10)]
    [TestCase(0.53, 8, 0.6, 0.1)]
    [TestCase(120, 8, 120, 20)]
    [TestCase(1, 8, 1, 0.2)]
    [TestCase(0.04, 8, 0.04, 0.005)]
    [TestCase(3, 1, 5, 5)]
    public void Axis_EndsAtARoundNumberThatHoldsTheLargest(double largest, int ticks, double maximum, double step)
    {
        PlotAxis axis = new(largest, 100, 500, ticks);

        Assert.That(axis.Maximum, Is.EqualTo(maximum).Within(1e-12));
        Assert.That(axis.Ticks[1] - axis.Ticks[0], Is.EqualTo(step).Within(1e-12));
        Assert.That(axis.At(0), Is.EqualTo(100));
        Assert.That(axis.At(maximum), Is.EqualTo(500).Within(1e-9));
    }
}
