using System;
using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;
using Winnow.Kernels.Cache;

namespace Winnow.Kernels.Tests.Attention;

/// <summary>What the history of pages must be by the full attention map, in double precision and, as the yardstick of error, plainly.</summary>
internal static class BlockHistoryCases
{
    /// <summary>One call over three sequences, one of them with more tokens than are remembered and one with as many slots as fill pages.</summary>
    public static AttentionCase Three(AttentionCase one)
    {
        var random = new Random(1);
        one.Add(random, 9, 30, 51);
        one.Add(random, 1, 63, 300);
        one.Add(random, 70, 0, 40);
        return one;
    }

    /// <summary>Compares what a call left.</summary>
    public static void Agrees(ComputeDevice device, AttentionCase one, DType arithmetic = DType.F32, bool hints = false)
    {
        using var rig = new AttentionRig(device, one, hints: hints, history: true);
        List<PageHistory> history = rig.RunHistory();
        Assert.That(history, Is.Not.Empty);
        var rows = new Dictionary<(int Token, int Head), (double[] Exact, float[] Plain)>();
        var exact = new List<double>();
        var plain = new List<float>();
        foreach (PageHistory paid in history)
        {
            (double most, float plainMost) = (0, 0);
            for (int head = paid.KvHead * one.Group; head < (paid.KvHead + 1) * one.Group; head++)
            {
                (double[] probabilities, float[] plainly) = Row(paid.Token, head);
                most = Math.Max(most, OfPage(probabilities, paid.Page).Max());
                plainMost = Math.Max(plainMost, OfPage(plainly, paid.Page).Max());
            }

            exact.Add(most);
            plain.Add(plainMost);
        }

        Tolerance.Check([.. history.Select(paid => paid.Value)], [.. exact], [.. plain], "history");

        (double[] Exact, float[] Plain) Row(int token, int head)
        {
            if (!rows.TryGetValue((token, head), out (double[] Exact, float[] Plain) row))
            {
                row = (AttentionReference.Probabilities(one, token, head), AttentionReference.PlainProbabilities(one, token, head, arithmetic));
                rows.Add((token, head), row);
            }

            return row;
        }
    }

    /// <summary>What a call left, as it is.</summary>
    public static float[] Values(ComputeDevice device, AttentionCase one)
    {
        using var rig = new AttentionRig(device, one, history: true);
        return [.. rig.RunHistory().Select(paid => paid.Value)];
    }

    private static IEnumerable<T> OfPage<T>(T[] slots, int page) => slots.Skip(page * PagedKv.PageSlots).Take(PagedKv.PageSlots);
}
