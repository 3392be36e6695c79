using System;
using System.Collections.Generic;
using NUnit.Framework;

namespace Winnow.Tests.Cache.Policies;

/// <summary>Comparing what was read from a cache.</summary>
internal static class PolicyReadings
{
    /// <summary>Both are the same, bit for bit.</summary>
    public static void AssertSame(IReadOnlyList<IReadOnlyList<SlotView>> actual, IReadOnlyList<IReadOnlyList<SlotView>> expected)
    {
        Assert.That(actual, Has.Count.EqualTo(expected.Count));
        for (int row = 0; row < expected.Count; row++)
        {
            Assert.That(actual[row], Has.Count.EqualTo(expected[row].Count), $"row {row}");
            for (int slot = 0; slot < expected[row].Count; slot++)
            {
                (SlotView a, SlotView b) = (actual[row][slot], expected[row][slot]);
                bool same = a.Position == b.Position && a.Key.AsSpan().SequenceEqual(b.Key) && a.Value.AsSpan().SequenceEqual(b.Value);
                foreach ((string plane, float value) in b.Planes)
                {
                    same &= BitConverter.SingleToInt32Bits(value) == BitConverter.SingleToInt32Bits(a.Planes[plane]);
                }

                Assert.That(same, Is.True, $"row {row}, slot {slot}");
            }
        }
    }
}
