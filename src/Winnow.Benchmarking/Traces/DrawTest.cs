using System;

namespace Winnow.Benchmarking.Traces;

/// <summary>
/// The test of frequencies: n KL(f || p), half of what a G-test computes. Its limits hold for every n and every p, not only where a chi-square law comes near, so
/// both rates of error are promises.
/// </summary>
/// <remarks>
/// False alarms: of k bins, n KL(f || p) >= x has a probability of at most exp(-x) (e x / (k - 1))^(k - 1) for x > k - 1 (Agrawal, 2020). Misses: KL(f || p) >=
/// 2 TV(f, p)^2 (Pinsker), TV(f, p) >= TV(q, p) - TV(f, q), and TV(f, q), how far frequencies are from the law q that they come from, has a mean of at most
/// sqrt((k - 1) / n) / 2 and exceeds it by s with a probability of at most exp(-2 n s^2) (McDiarmid).
/// </remarks>
internal static class DrawTest
{
    /// <summary>What n KL(f || p) exceeds at most this often.</summary>
    /// <param name="bins">How many bins there are.</param>
    /// <param name="falseAlarms">How often.</param>
    public static double Limit(int bins, double falseAlarms)
    {
        int freedom = bins - 1;
        if (freedom < 1)
        {
            return 0;
        }

        double wanted = -Math.Log(falseAlarms);
        (double low, double high) = (freedom, freedom + wanted);
        while (Exponent(high) < wanted)
        {
            high *= 2;
        }

        // Halved until neighbours: the larger one keeps the promise.
        for (double middle = (low + high) / 2; middle > low && middle < high; middle = (low + high) / 2)
        {
            (low, high) = Exponent(middle) < wanted ? (middle, high) : (low, middle);
        }

        return high;

        double Exponent(double x) => x - (freedom * (1 + Math.Log(x / freedom)));
    }

    /// <summary>How many draws find a law that is off by a distance.</summary>
    /// <param name="bins">How many bins there are.</param>
    /// <param name="falseAlarms">How often a right law may be found wrong.</param>
    /// <param name="options">How often a wrong one may pass, and by how much it is wrong.</param>
    public static long Draws(int bins, double falseAlarms, TraceDrawOptions options)
    {
        double root = Math.Sqrt(Limit(bins, falseAlarms)) + Math.Sqrt((bins - 1) / 2.0) + Math.Sqrt(-Math.Log(options.Misses));
        return (long)Math.Ceiling(root * root / (2 * options.Distance * options.Distance));
    }
}
