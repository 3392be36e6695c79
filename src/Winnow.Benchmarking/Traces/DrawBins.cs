using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace Winnow.Benchmarking.Traces;

/// <summary>Draws of one value, counted in bins: numbers by falling weight, and the border in a bin of its own.</summary>
internal sealed class DrawBins
{
    // More bins see finer errors and need more draws, about in proportion.
    private const int MostBins = 32;

    // A bin that is hardly ever drawn says nothing and raises the limit for all others.
    private const double LeastExpected = 5;

    private readonly int[] _binOf;
    private readonly List<double> _weights = [];
    private readonly List<(int First, int Size)> _members = [];
    private readonly bool _hasBorder;
    private readonly double _leastBorder;
    private readonly double _mostBorder;
    private readonly long[] _counts;
    private long _draws;

    /// <param name="row">What is drawn from.</param>
    /// <param name="draws">How many draws there will be.</param>
    public DrawBins(TraceDrawRow row, long draws)
    {
        _binOf = new int[row.Weights.Count];
        Array.Fill(_binOf, -1);
        int[] certain = Certain(row);
        double sum = certain.Sum(number => row.Weights[number]);
        _hasBorder = row.Border.Count > 0;
        (_leastBorder, _mostBorder) = _hasBorder ? (row.LeastBorder / (sum + row.LeastBorder), row.MostBorder / (sum + row.MostBorder)) : (0, 0);
        Pool(row, certain, sum, LeastExpected / draws * (sum + row.MostBorder));
        foreach (int number in row.Border)
        {
            _binOf[number] = _weights.Count;
        }

        _counts = new long[_weights.Count + 1];
        _weights = [.. _weights.Select(weight => weight / sum)];
        _members.Add(_hasBorder ? (row.Border[0], row.Border.Count) : (0, 0));
    }

    /// <summary>How many bins there are.</summary>
    public int Count => _weights.Count + (_hasBorder ? 1 : 0);

    /// <summary>How many bins a row has at most.</summary>
    public static int Most(TraceDrawRow row) => Math.Min(MostBins, row.Weights.Count(weight => weight > 0) - row.Border.Count + (row.Border.Count > 0 ? 1 : 0));

    /// <summary>Counts a draw.</summary>
    /// <returns>Whether the number may be drawn.</returns>
    public bool Take(double number)
    {
        if (!(number >= 0 && number < _binOf.Length) || number != Math.Floor(number) || _binOf[(int)number] < 0)
        {
            return false;
        }

        _counts[_binOf[(int)number]]++;
        _draws++;
        return true;
    }

    /// <summary>n KL of the frequencies and the nearest right law.</summary>
    public double Statistic() => Bins().Sum(bin => bin.Count == 0 ? 0 : bin.Count * Math.Log(bin.Count / (_draws * bin.Probability)));

    /// <summary>Half the sum of what frequencies are off by, the most that one is off by, and the most in proportion.</summary>
    public (double Total, double Absolute, double Relative) Distance()
    {
        double[] off = [.. Bins().Select(bin => Math.Abs(((double)bin.Count / _draws) - bin.Probability))];
        return (off.Sum() / 2, off.Max(), Bins().Zip(off, (bin, distance) => bin.Probability > 0 ? distance / bin.Probability : 0).Max());
    }

    /// <summary>What is drawn too often or too seldom, in words.</summary>
    public string Worst()
    {
        int worst = Bins().Select((bin, index) => (Off: Math.Abs(bin.Count - (_draws * bin.Probability)), index)).MaxBy(bin => bin.Off).index;
        (int first, int size) = _members[worst];
        string which = size == 1 ? $"{first} was" : $"{first} and {size - 1} others were";
        return string.Create(CultureInfo.InvariantCulture, $"{which} drawn {_counts[worst]} times, {_draws * Bins().ElementAt(worst).Probability:0.#} are expected");
    }

    /// <summary>The border may be as likely as it was drawn, within what a right solution keeps of it.</summary>
    private IEnumerable<(long Count, double Probability)> Bins()
    {
        double border = Math.Clamp((double)_counts[^1] / Math.Max(1, _draws), _leastBorder, _mostBorder);
        return _counts.Select((count, bin) => (count, bin < _weights.Count ? (1 - border) * _weights[bin] : border));
    }

    private static int[] Certain(TraceDrawRow row)
    {
        HashSet<int> border = [.. row.Border];
        return [.. Enumerable.Range(0, row.Weights.Count).Where(number => row.Weights[number] > 0 && !border.Contains(number)).OrderByDescending(number => row.Weights[number])];
    }

    /// <summary>A bin is full when it has its share of what is left, so heavy numbers have bins of their own.</summary>
    private void Pool(TraceDrawRow row, int[] certain, double left, double least)
    {
        int most = MostBins - (_hasBorder ? 1 : 0);
        (double weight, int size) = (0, 0);
        for (int i = 0; i < certain.Length; i++)
        {
            _binOf[certain[i]] = _weights.Count;
            (weight, size) = (weight + row.Weights[certain[i]], size + 1);
            bool isFull = weight >= Math.Max(left / (most - _weights.Count), least) && _weights.Count < most - 1;
            if (isFull || (i == certain.Length - 1 && (weight >= least || _weights.Count == 0)))
            {
                _weights.Add(weight);
                _members.Add((certain[i + 1 - size], size));
                (left, weight, size) = (left - weight, 0, 0);
            }
        }

        for (int i = certain.Length - size; i < certain.Length; i++)
        {
            _binOf[certain[i]]--;
            _weights[^1] += row.Weights[certain[i]];
            _members[^1] = (_members[^1].First, _members[^1].Size + 1);
        }
    }
}
