using System;
using System.Collections.Generic;
using System.Linq;

namespace Winnow.Benchmarking.Traces.References;

/// <summary>
/// <c>top_k_sampling_from_probs_*</c>, <c>top_p_sampling_from_probs_*</c> and <c>top_k_top_p_sampling_from_probs_*</c>: the k most likely numbers of a row, of those
/// as many as it takes for their share to exceed p, and one of these by its probability. A k that is no count of some of them and a p of 1 and more leave all; a p
/// of 0 and less leaves the most likely one.
/// </summary>
internal static class SamplingReference
{
    private const string Suffix = "_sampling_from_probs";
    private const double FloatRounding = 1.0 / (1 << 24);

    /// <summary>The reference.</summary>
    public static TraceReference Create() => TraceReference.OfDraws("sampling in C#", Distribution);

    private static TraceDistribution Distribution(TraceReferenceCall call)
    {
        TraceDefinition definition = call.Definition;
        int end = definition.Name.IndexOf(Suffix, StringComparison.Ordinal);
        string[]? filters = (end < 0 ? "" : definition.Name[..end]) switch { "top_k" => ["top_k"], "top_p" => ["top_p"], "top_k_top_p" => ["top_k", "top_p"], _ => null };
        long[] shape = [.. (definition.Inputs.FirstOrDefault(input => input.Name == "probs")?.Shape ?? []).Select(axis => call.Axes[axis])];
        bool isKnown = filters is not null && shape.Length == 2 && call.Inputs.Keys.Order(StringComparer.Ordinal).SequenceEqual(filters.Prepend("probs").Order(StringComparer.Ordinal))
            && definition.Outputs.Count == 1 && call.Outputs.Values.Single().Length == shape[0]
            && filters.All(filter => call.Inputs[filter].Length == 1 || call.Inputs[filter].Length == shape[0]);
        if (!isKnown)
        {
            throw new NotSupportedException($"of sampling only top_k{Suffix}_*, top_p{Suffix}_* and top_k_top_p{Suffix}_* are known, with the inputs and the output of published ones");
        }

        int width = (int)shape[1];
        return new TraceDistribution(definition.Outputs[0].Name, [.. Enumerable.Range(0, (int)shape[0]).Select(row =>
            Row(row, call.Inputs["probs"].AsSpan(row * width, width), Of(call, "top_k", row), Of(call, "top_p", row)))]);
    }

    private static double? Of(TraceReferenceCall call, string name, int row) => call.Inputs.TryGetValue(name, out double[]? values) ? values[values.Length == 1 ? 0 : row] : null;

    private static TraceDrawRow Row(int row, ReadOnlySpan<double> probabilities, double? topK, double? topP)
    {
        (int[] order, double[] sorted) = Sorted(row, probabilities);
        bool hasTopK = topK is > 0 && topK < probabilities.Length;
        int least = hasTopK ? Math.Min((int)topK!.Value, sorted.Length) : sorted.Length;
        int most = EndOfTies(sorted, least);
        if (topP is < 1)
        {
            // A sum in floats, in whatever order, is off by a rounding for each term at most; so is what it is divided by.
            double rounding = (probabilities.Length + 2) * FloatRounding * sorted.Sum();
            (double leastSum, double mostSum) = hasTopK ? (sorted.AsSpan(0, least).ToArray().Sum(), sorted.AsSpan(0, most).ToArray().Sum()) : (1, 1);
            least = topP <= 0 ? 1 : Nucleus(sorted, least, (topP.Value * leastSum) - rounding);
            most = topP <= 0 ? 1 : Math.Max(least, Nucleus(sorted, most, (topP.Value * mostSum) + rounding));
        }

        // Numbers that are equally likely stand in any order: all of them may be drawn, and which ones are left out is open.
        int start = least < sorted.Length && sorted[least] == sorted[least - 1] ? Array.FindIndex(sorted, value => value == sorted[least - 1]) : least;
        int end = EndOfTies(sorted, most);
        double[] weights = new double[probabilities.Length];
        for (int i = 0; i < end; i++)
        {
            weights[order[i]] = sorted[i];
        }

        return new TraceDrawRow(weights)
        {
            Border = order[start..end],
            LeastBorder = sorted[start..least].Sum(),
            MostBorder = sorted[start..most].Sum(),
        };
    }

    /// <summary>Numbers that are possible at all, the most likely first.</summary>
    private static (int[] Order, double[] Sorted) Sorted(int row, ReadOnlySpan<double> probabilities)
    {
        List<int> order = [];
        for (int i = 0; i < probabilities.Length; i++)
        {
            if (!(probabilities[i] >= 0 && double.IsFinite(probabilities[i])))
            {
                throw new ArgumentException($"probs[{row}, {i}] is {probabilities[i]}, which is no probability");
            }

            if (probabilities[i] > 0)
            {
                order.Add(i);
            }
        }

        if (order.Count == 0)
        {
            throw new ArgumentException($"all of probs[{row}] are 0, so nothing can be drawn");
        }

        int[] sortedOrder = [.. order];
        double[] sorted = new double[sortedOrder.Length];
        for (int i = 0; i < sorted.Length; i++)
        {
            sorted[i] = -probabilities[sortedOrder[i]];
        }

        Array.Sort(sorted, sortedOrder);
        return (sortedOrder, Array.ConvertAll(sorted, value => -value));
    }

    private static int EndOfTies(double[] sorted, int end)
    {
        while (end < sorted.Length && sorted[end] == sorted[end - 1])
        {
            end++;
        }

        return end;
    }

    /// <summary>How many of the first numbers have no more than a share before them; the first one always.</summary>
    private static int Nucleus(double[] sorted, int count, double share)
    {
        double before = 0;
        int kept = 0;
        while (kept < count && (kept == 0 || before <= share))
        {
            before += sorted[kept++];
        }

        return kept;
    }
}
