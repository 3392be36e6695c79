using System;
using NUnit.Framework;

namespace Winnow.Kernels.Tests;

/// <summary>
/// The tolerance rule: the error against double precision is at most twice the error of a plain float computation, plus one unit in the
/// last place at the largest magnitude.
/// </summary>
internal static class Tolerance
{
    /// <summary>Checks numbers by that rule.</summary>
    /// <param name="actual">What was computed.</param>
    /// <param name="exact">The same in double precision.</param>
    /// <param name="plain">The same by a plain float computation.</param>
    /// <param name="what">What is compared, for the message.</param>
    /// <param name="rounding">The most that a rounding costs which is alike in so many of the numbers that the plain computation has too few of its own to tell.</param>
    public static void Check(float[] actual, double[] exact, float[] plain, string what = "", double rounding = 0)
    {
        Assert.That(actual, Has.Length.EqualTo(exact.Length));
        (double error, double plainError, double largest, int at) = (0, 0, 0, -1);
        for (int i = 0; i < exact.Length; i++)
        {
            double distance = double.IsNaN(actual[i]) ? double.PositiveInfinity : Math.Abs(actual[i] - exact[i]);
            (error, at) = distance > error ? (distance, i) : (error, at);
            plainError = Math.Max(plainError, Math.Abs(plain[i] - exact[i]));
            largest = Math.Max(largest, Math.Abs(exact[i]));
        }

        Assert.That(error, Is.AtMost((2 * plainError) + Ulp(largest) + rounding), $"{what} at index {at}");
    }

    /// <summary>One unit in the last place of the float nearest to a value.</summary>
    public static double Ulp(double value)
    {
        float magnitude = MathF.Abs((float)value);
        return (double)MathF.BitIncrement(magnitude) - magnitude;
    }
}
