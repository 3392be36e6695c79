using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace Winnow.Bench.Cache.Policies;

/// <summary>The median of measurements with half of the distance between the quartiles.</summary>
/// <param name="Value">The median.</param>
/// <param name="Spread">Half of the middle half's width.</param>
internal readonly record struct Median(double Value, double Spread)
{
    /// <summary>Of some numbers; 0 of none.</summary>
    public static Median Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length == 0 ? default : new Median(At(sorted, 0.5), (At(sorted, 0.75) - At(sorted, 0.25)) / 2);
    }

    /// <summary>Three digits, and the spread where it shows in them.</summary>
    public override string ToString()
    {
        string format = Math.Abs(Value) >= 100 ? "F0" : Math.Abs(Value) >= 10 ? "F1" : Math.Abs(Value) >= 1 ? "F2" : "F3";
        return Value == 0 && Spread == 0
            ? "-"
            : $"{Value.ToString(format, CultureInfo.InvariantCulture)} ± {Spread.ToString(format, CultureInfo.InvariantCulture)}";
    }

    private static double At(double[] sorted, double share)
    {
        double place = share * (sorted.Length - 1);
        int low = (int)place;
        return sorted[low] + ((place - low) * (sorted[Math.Min(low + 1, sorted.Length - 1)] - sorted[low]));
    }
}
