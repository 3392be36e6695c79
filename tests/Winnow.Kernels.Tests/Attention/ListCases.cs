using System;

namespace Winnow.Kernels.Tests.Attention;

/// <summary>Cases of heads that are read by lists.</summary>
internal static class ListCases
{
    /// <summary>Three sequences; of the first one a head has an empty list.</summary>
    /// <param name="one">What to fill.</param>
    /// <param name="tokens">Tokens of the last sequence.</param>
    /// <param name="earlier">Slots of its first KV head from before the step.</param>
    /// <param name="oneIn">How many slots there are for a listed one.</param>
    public static AttentionCase Random(AttentionCase one, int tokens, int earlier, int oneIn)
    {
        var random = new Random(1);
        one.Add(random, 1, 40, 90);
        one.Add(random, 0, 30);
        one.Add(random, tokens, earlier, 33);
        return one.WithLists((sequence, kvHead, _) => (sequence > 0 || kvHead > 0) && random.Next(oneIn) == 0);
    }

    /// <summary>Makes the keys and values of slots that are not listed no numbers.</summary>
    public static void Poison(AttentionCase one)
    {
        foreach (AttentionCase.Sequence sequence in one.Sequences)
        {
            foreach (AttentionCase.Head head in sequence.Heads)
            {
                for (int slot = 0; slot < head.Count; slot++)
                {
                    if (Array.BinarySearch(head.Listed!, slot) < 0)
                    {
                        head.Keys.AsSpan(slot * one.HeadDim, one.HeadDim).Fill(float.NaN);
                        head.Values.AsSpan(slot * one.HeadDim, one.HeadDim).Fill(float.NaN);
                    }
                }
            }
        }
    }
}
