using System;
using System.Collections.Generic;

namespace Winnow.Cli.Plots;

/// <summary>An axis from 0 to a round number, with ticks at round numbers.</summary>
internal sealed class PlotAxis
{
    private readonly double _from;
    private readonly double _to;

    /// <param name="largest">The largest value that must fit.</param>
    /// <param name="from">Where 0 is drawn.</param>
    /// <param name="to">Where the end is drawn.</param>
    /// <param name="mostTicks">About how many ticks there is room for.</param>
    public PlotAxis(double largest, double from, double to, int mostTicks)
    {
        (_from, _to) = (from, to);
        double step = RoundStep(Math.Max(largest, 1e-9) / mostTicks);
        int ticks = Math.Max(1, (int)Math.Ceiling((largest / step) - 1e-9));
        Maximum = ticks * step;
        for (int i = 0; i <= ticks; i++)
        {
            Ticks.Add(i * step);
        }
    }

    /// <summary>Where the axis ends.</summary>
    public double Maximum { get; }

    public List<double> Ticks { get; } = [];

    /// <summary>Where a value is drawn.</summary>
    public double At(double value) => _from + (value / Maximum * (_to - _from));

    // 1, 2 or 5 times a power of ten.
    private static double RoundStep(double least)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(least)));
        foreach (int factor in (int[])[1, 2, 5])
        {
            if (factor * power >= least * (1 - 1e-9))
            {
                return factor * power;
            }
        }

        return 10 * power;
    }
}
