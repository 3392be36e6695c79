using System;
using System.Collections.Generic;
using Winnow.Cache;

namespace Winnow.Engine;

/// <summary>What a sequence holds of the KV cache.</summary>
/// <param name="Tokens">Tokens that were computed, those that have left included.</param>
/// <param name="Bytes">Bytes of its pages.</param>
/// <param name="FullBytes">Bytes of the pages that all of its tokens would take where no policy keeps anything with them.</param>
/// <param name="SlotsOfLayers">Slots that the heads of each layer hold, on average.</param>
public sealed record KvUsage(int Tokens, long Bytes, long FullBytes, IReadOnlyList<double> SlotsOfLayers)
{
    /// <summary>The share of the slots that is there, 0 to 1; 1 where there are no tokens.</summary>
    public double Kept
    {
        get
        {
            double slots = 0;
            foreach (double layer in SlotsOfLayers)
            {
                slots += layer;
            }

            return Tokens == 0 || SlotsOfLayers.Count == 0 ? 1 : slots / SlotsOfLayers.Count / Tokens;
        }
    }

    internal static KvUsage Of(KvCache cache, KvSequence? sequence, int cached)
    {
        KvCacheOptions options = cache.Options;
        long full = (long)options.Layers * options.KvHeads * KvCache.PagesFor(cached) * KvCache.PageBytes(options.HeadDim, options.Type);
        if (sequence is null)
        {
            return new KvUsage(cached, 0, full, Array.Empty<double>());
        }

        double[] layers = new double[options.Layers];
        ReadOnlySpan<int> counts = cache.Counts(sequence);
        for (int head = 0; head < counts.Length; head++)
        {
            layers[head / options.KvHeads] += (double)counts[head] / options.KvHeads;
        }

        return new KvUsage(cached, cache.PagesOf(sequence) * cache.BytesOfPage, full, layers);
    }
}
