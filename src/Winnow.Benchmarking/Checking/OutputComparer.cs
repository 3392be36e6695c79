using System;
using Winnow.Benchmarking.Descriptions;

namespace Winnow.Benchmarking.Checking;

/// <summary>
/// The rule: a value may be off by twice the largest error that a plain computation in the same type makes, plus one unit in the last place at the largest
/// magnitude. Without a plain computation its error is that of rounding the expected values to the type. Integers are exact.
/// </summary>
internal static class OutputComparer
{
    /// <summary>Compares one output.</summary>
    /// <param name="output">Its name.</param>
    /// <param name="type">What it holds.</param>
    /// <param name="actual">What the kernel wrote.</param>
    /// <param name="expected">What it should be, as exact as can be had.</param>
    /// <param name="plain">What a plain computation wrote; null for the expected values, rounded.</param>
    /// <param name="tolerance">What is allowed instead of the rule; null for the rule.</param>
    public static OutputComparison Compare(string output, ElementType type, double[] actual, double[] expected, double[]? plain, Tolerance? tolerance)
    {
        if (tolerance is not null && !(tolerance.Absolute >= 0 && tolerance.Relative >= 0 && double.IsFinite(tolerance.Absolute + tolerance.Relative)))
        {
            throw new ArgumentOutOfRangeException(nameof(tolerance), tolerance, "Both parts of a tolerance must be finite and 0 or more.");
        }

        double byRule = tolerance is null ? AllowedByRule(type, expected, plain) : 0;
        (double absolute, double relative, double excess, long worst, long mismatches, long nans) = (0.0, 0.0, double.NegativeInfinity, 0L, 0L, 0L);
        for (int i = 0; i < actual.Length; i++)
        {
            double distance = Distance(actual[i], expected[i]);
            double allowed = AllowedAt(expected[i]);
            absolute = Math.Max(absolute, distance);
            relative = expected[i] != 0 && double.IsFinite(expected[i]) ? Math.Max(relative, distance / Math.Abs(expected[i])) : relative;
            mismatches += distance <= allowed ? 0 : 1;
            nans += double.IsNaN(actual[i]) && !double.IsNaN(expected[i]) ? 1 : 0;
            if (distance - allowed > excess)
            {
                (excess, worst) = (distance - allowed, i);
            }
        }

        return new OutputComparison
        {
            Output = output,
            Type = type,
            Values = actual.Length,
            MaxAbsoluteError = absolute,
            MaxRelativeError = relative,
            Allowed = AllowedAt(expected[worst]),
            WorstIndex = worst,
            Actual = actual[worst],
            Expected = expected[worst],
            Mismatches = mismatches,
            UnexpectedNaNs = nans,
        };

        double AllowedAt(double value) => tolerance is null ? byRule
            : tolerance.Absolute + (double.IsFinite(value) ? tolerance.Relative * Math.Abs(value) : 0);
    }

    private static double AllowedByRule(ElementType type, double[] expected, double[]? plain)
    {
        (double error, double largest) = (0, 0);
        for (int i = 0; i < expected.Length; i++)
        {
            if (double.IsFinite(expected[i]))
            {
                double distance = Distance(plain is null ? type.Round(expected[i]) : plain[i], expected[i]);
                error = double.IsFinite(distance) ? Math.Max(error, distance) : error;
                largest = Math.Max(largest, Math.Abs(expected[i]));
            }
        }

        return type.IsFloat() ? (2 * error) + type.Ulp(largest) : 0;
    }

    /// <summary>NaN is near NaN and far from everything else; an infinity is near itself.</summary>
    private static double Distance(double actual, double expected) =>
        actual.Equals(expected) || actual == expected ? 0
        : double.IsFinite(actual) && double.IsFinite(expected) ? Math.Abs(actual - expected)
        : double.PositiveInfinity;
}
