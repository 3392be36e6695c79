using System;
using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;
using Winnow.Kernels.Attention;

namespace Winnow.Kernels.Tests.Attention;

/// <summary>Which signals a call is asked for, and what they must be by the full attention map.</summary>
internal sealed class SignalCase
{
    /// <summary>Column mass, window mass, last row, column maximum, hits.</summary>
    public const int Planes = 5;

    private const int ColumnMass = 0;
    private const int WindowMass = 1;
    private const int LastRow = 2;
    private const int ColumnMaximum = 3;
    private const int Hits = 4;

    /// <summary>The planes that are not asked for.</summary>
    public int[] Missing { get; init; } = [];

    public int WindowTokens { get; init; } = 4;

    public float HitThreshold { get; init; } = 0.03f;

    /// <summary>Whether planes hold zeros before, so that they show the sums as they are wherever pages lie.</summary>
    public bool Fresh { get; init; }

    public bool Wants(int plane) => !Missing.Contains(plane);

    public AttentionSignals Signals(Tensor planes, int slots)
    {
        Tensor Plane(int plane) => Wants(plane) ? planes.Rows((long)plane * slots, slots) : default;
        return new AttentionSignals
        {
            ColumnMass = Plane(ColumnMass),
            WindowMass = Plane(WindowMass),
            WindowTokens = WindowTokens,
            LastRow = Plane(LastRow),
            ColumnMaximum = Plane(ColumnMaximum),
            Hits = Plane(Hits),
            HitThreshold = HitThreshold,
        };
    }

    /// <summary>Compares what a call left with sums over the full map, in double precision and, as the yardstick of error, plainly.</summary>
    public void Agrees(AttentionCase one, List<SlotSignals> signals, DType arithmetic = DType.F32)
    {
        var planes = new PlaneSums[Planes];
        for (int plane = 0; plane < Planes; plane++)
        {
            planes[plane] = new PlaneSums([], [], []);
        }

        double rounding = 0;
        int firstToken = 0;
        for (int sequence = 0; sequence < one.Sequences.Count; sequence++)
        {
            int tokens = one.Sequences[sequence].Positions.Length;
            for (int kvHead = 0; kvHead < one.KvHeads && tokens > 0; kvHead++)
            {
                (int Token, int Head)[] rows =
                [
                    .. Enumerable.Range(firstToken, tokens).SelectMany(token => Enumerable.Range(kvHead * one.Group, one.Group).Select(head => (token, head))),
                ];
                double[][] exact = [.. rows.Select(row => AttentionReference.Probabilities(one, row.Token, row.Head))];
                float[][] plain = [.. rows.Select(row => AttentionReference.PlainProbabilities(one, row.Token, row.Head, arithmetic))];
                Add(planes, one.Group, exact, plain, [.. signals.Where(slot => slot.Sequence == sequence && slot.KvHead == kvHead)]);
                double[] lastSums = [.. rows.TakeLast(one.Group).Select(row => AttentionReference.Exact(one, row.Token, row.Head).LogSumExp)];
                rounding = Math.Max(rounding, RoundingOfLastRow([.. exact.TakeLast(one.Group)], lastSums));
            }

            firstToken += tokens;
        }

        for (int plane = 0; plane < Planes; plane++)
        {
            if (Wants(plane) && plane != Hits)
            {
                Tolerance.Check(
                    [.. planes[plane].Actual], [.. planes[plane].Exact], [.. planes[plane].Plain], $"plane {plane}", plane == LastRow ? rounding : 0);
            }
        }
    }

    // What rounding a row's log-sum-exp to float, which shifts all of the row's exponents alike, may cost a slot at most: half a unit in its last place, times the
    // probability. A last row is few of them, so that the plain computation's happen to be small or not; planes of many rows have many, and need no such term.
    private static double RoundingOfLastRow(double[][] rows, double[] logSumExps) => Enumerable.Range(0, rows[0].Length)
        .Max(slot => rows.Zip(logSumExps, (row, sum) => row[slot] == 0 ? 0 : row[slot] * Tolerance.Ulp(sum) / 2).Sum());

    // exact and plain are [row][slot]; rows of the last token come last.
    private void Add(PlaneSums[] planes, int group, double[][] exact, float[][] plain, List<SlotSignals> slots)
    {
        int window = WindowTokens * group;
        Sums(ColumnMass, slot => slot.Before[ColumnMass], exact.Length);
        Sums(WindowMass, _ => 0, window);
        Sums(LastRow, _ => 0, group);
        Compare(
            ColumnMaximum,
            slot => Math.Max(slot.Before[ColumnMaximum], exact.Max(row => row[slot.Slot])),
            slot => Math.Max(slot.Before[ColumnMaximum], plain.Max(row => row[slot.Slot])));
        double error = exact.Zip(plain, (e, p) => e.Zip(p, (x, y) => Math.Abs(x - y)).Max()).Max();
        double margin = (2 * error) + Tolerance.Ulp(HitThreshold);
        foreach (SlotSignals slot in Wants(Hits) ? slots : [])
        {
            float hits = slot.After[Hits] - slot.Before[Hits];
            double ulp = Tolerance.Ulp(slot.After[Hits]);
            Assert.That(hits, Is.AtLeast(exact.Count(row => row[slot.Slot] > HitThreshold + margin) - ulp));
            Assert.That(hits, Is.AtMost(exact.Count(row => row[slot.Slot] > HitThreshold - margin) + ulp));
        }

        void Sums(int plane, Func<SlotSignals, float> start, int rows) => Compare(
            plane,
            slot => start(slot) + exact.TakeLast(rows).Sum(row => row[slot.Slot]),
            slot => plain.TakeLast(rows).Aggregate(start(slot), (sum, row) => sum + row[slot.Slot]));

        void Compare(int plane, Func<SlotSignals, double> ofExact, Func<SlotSignals, float> ofPlain)
        {
            planes[plane].Exact.AddRange(slots.Select(ofExact));
            planes[plane].Plain.AddRange(slots.Select(ofPlain));
            planes[plane].Actual.AddRange(slots.Select(slot => slot.After[plane]));
        }
    }

    private sealed record PlaneSums(List<double> Exact, List<float> Plain, List<float> Actual);
}
