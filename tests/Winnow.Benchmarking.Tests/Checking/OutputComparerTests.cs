using System;
using NUnit.Framework;
using Winnow.Benchmarking.Descriptions;

namespace Winnow.Benchmarking.Checking;

public sealed class OutputComparerTests
{
    private const double Ulp = 1.1920928955078125e-7;

    [Test]
    public void Compare_AllowsTwiceThePlainErrorAndOneUnitInTheLastPlace()
    {
        double[] expected = [1, 0.5, 1.25];
        double[] plain = [1, 0.5 + (3 * Ulp), 1.25 - Ulp];

        OutputComparison near = Compare([1 + (7 * Ulp), 0.5, 1.25], expected, plain);
        OutputComparison far = Compare([1, 0.5, 1.25 + (8 * Ulp)], expected, plain);

        Assert.That(near.Allowed, Is.EqualTo((2 * 3 * Ulp) + Ulp));
        Assert.That((near.IsPassed, near.WorstIndex, near.MaxAbsoluteError, near.MaxRelativeError), Is.EqualTo((true, 0L, 7 * Ulp, 7 * Ulp)));
        Assert.That((far.IsPassed, far.Mismatches, far.WorstIndex, far.Actual, far.Expected), Is.EqualTo((false, 1L, 2L, 1.25 + (8 * Ulp), 1.25)));
    }

    [Test]
    public void Compare_WithoutAPlainComputationTakesTheErrorOfRounding()
    {
        double[] expected = [1 + (Ulp / 4), 1];

        Assert.That(Compare([1, 1], expected, null).Allowed, Is.EqualTo((2 * Ulp / 4) + Ulp));
        Assert.That(Compare([1, 1 + (2 * Ulp)], expected, null).Mismatches, Is.EqualTo(1));
    }

    [Test]
    public void Compare_TakesTheUnitInTheLastPlaceAtTheLargestMagnitude()
    {
        Assert.That(OutputComparer.Compare("y", ElementType.F16, [-1024, 0.5], [-1024, 0], null, null).IsPassed, Is.True, "an ulp of a half at 1024 is 1");
        Assert.That(OutputComparer.Compare("y", ElementType.F32, [-1024, 0.5], [-1024, 0], null, null).IsPassed, Is.False);
    }

    [Test]
    public void Compare_OfIntegersIsExact()
    {
        Assert.That(OutputComparer.Compare("y", ElementType.I32, [7, 8], [7, 8], [7, 100], null).IsPassed, Is.True);
        Assert.That(OutputComparer.Compare("y", ElementType.I32, [7, 9], [7, 8], [7, 100], null).Mismatches, Is.EqualTo(1));
    }

    [Test]
    public void Compare_OfNaNAndInfinityMatchesOnlyThemselves()
    {
        double[] odd = [double.NaN, double.PositiveInfinity, double.NegativeInfinity, 1];

        OutputComparison same = Compare(odd, odd, null);
        OutputComparison none = Compare([1, 1, double.PositiveInfinity, double.NaN], odd, null);

        Assert.That((same.IsPassed, same.MaxAbsoluteError), Is.EqualTo((true, 0)));
        Assert.That((none.Mismatches, none.UnexpectedNaNs, none.MaxAbsoluteError), Is.EqualTo((4L, 1L, double.PositiveInfinity)));
    }

    [Test]
    public void Compare_OfAPlainComputationThatOverflowsAllowsNothingForIt()
    {
        Assert.That(Compare([1, 5], [1, 1], [1, double.PositiveInfinity]).Allowed, Is.EqualTo(Ulp));
    }

    [Test]
    public void Compare_WithAToleranceTakesItInsteadOfTheRule()
    {
        Tolerance tolerance = new(0.5, 0.01);

        OutputComparison comparison = OutputComparer.Compare("y", ElementType.F32, [101.4, 100, 101.6], [100, 100, 100], [0, 0, 0], tolerance);

        Assert.That((comparison.Mismatches, comparison.WorstIndex, comparison.Allowed), Is.EqualTo((1L, 2L, 1.5)));
    }

    [TestCase(-1, 0)]
    [TestCase(0, double.NaN)]
    [TestCase(double.PositiveInfinity, 0)]
    public void Compare_WithAToleranceThatAllowsEverythingOrNothingIsRefused(double absolute, double relative)
    {
        Assert.That(() => OutputComparer.Compare("y", ElementType.F32, [1], [1], null, new Tolerance(absolute, relative)), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    private static OutputComparison Compare(double[] actual, double[] expected, double[]? plain) =>
        OutputComparer.Compare("y", ElementType.F32, actual, expected, plain, null);
}
