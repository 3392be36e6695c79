using System;
using System.Collections.Generic;
using System.Linq;

namespace Winnow.Benchmarking.Traces.References;

/// <summary>Which tokens each query of an attention workload sees, and where they lie.</summary>
internal sealed class AttentionLayout
{
    private static readonly string[] Known =
    [
        "q", "k_cache", "v_cache", "k", "v", "kv_indptr", "kv_indices", "kv_last_page_len", "qo_indptr", "sm_scale",
    ];

    /// <summary>Heads of queries.</summary>
    public required int QueryHeads { get; init; }

    /// <summary>Heads of keys and values.</summary>
    public required int KvHeads { get; init; }

    /// <summary>Numbers of a head.</summary>
    public required int HeadDim { get; init; }

    /// <summary>Keys, [token, head, number].</summary>
    public required double[] Keys { get; init; }

    /// <summary>Values, [token, head, number].</summary>
    public required double[] Values { get; init; }

    /// <summary>The places of each sequence's tokens, in their order.</summary>
    public required IReadOnlyList<int[]> Tokens { get; init; }

    /// <summary>For each query its sequence and how many of its tokens it sees.</summary>
    public required IReadOnlyList<(int Sequence, int Seen)> Queries { get; init; }

    /// <summary>Reads a workload.</summary>
    /// <exception cref="NotSupportedException">The definition is none that is known.</exception>
    /// <exception cref="ArgumentException">Offsets or pages lead nowhere.</exception>
    public static AttentionLayout Of(TraceReferenceCall call)
    {
        TraceDefinition definition = call.Definition;
        bool isPaged = call.Inputs.ContainsKey("k_cache");
        bool isPrefill = call.Inputs.ContainsKey("qo_indptr");
        string name = definition.Name;
        bool isKnown = (name.StartsWith("gqa_paged_decode", StringComparison.Ordinal) && isPaged && !isPrefill)
            || (name.StartsWith("gqa_paged_prefill_causal", StringComparison.Ordinal) && isPaged && isPrefill)
            || (name.StartsWith("gqa_ragged_prefill_causal", StringComparison.Ordinal) && !isPaged && isPrefill);
        string[] needed = ["q", isPaged ? "k_cache" : "k", isPaged ? "v_cache" : "v", "kv_indptr", "sm_scale"];
        if (!isKnown || call.Inputs.Keys.Except(Known).Any() || needed.Any(input => !call.Inputs.ContainsKey(input))
            || !call.Outputs.ContainsKey("output") || call.Outputs.Keys.Except(["output", "lse"]).Any())
        {
            throw new NotSupportedException("of attention only gqa_paged_decode_*, gqa_paged_prefill_causal_* and gqa_ragged_prefill_causal_* are known, with the inputs of published ones");
        }

        long[] shape = [.. definition.Inputs.First(input => input.Name == "q").Shape!.Select(axis => call.Axes[axis])];
        long[] keys = [.. definition.Inputs.First(input => input.Name == needed[1]).Shape!.Select(axis => call.Axes[axis])];
        List<int[]> tokens = isPaged ? PagedTokens(call, (int)keys[0], (int)keys[1]) : [.. Ranges(call, "kv_indptr", keys[0]).Select(range => Enumerable.Range(range.First, range.Count).ToArray())];
        return new AttentionLayout
        {
            QueryHeads = (int)shape[1],
            KvHeads = (int)keys[^2],
            HeadDim = (int)shape[2],
            Keys = call.Inputs[needed[1]],
            Values = call.Inputs[needed[2]],
            Tokens = tokens,
            Queries = [.. isPrefill ? PrefillQueries(call, shape[0], tokens) : tokens.Select((list, sequence) => (sequence, list.Length))],
        };
    }

    private static List<int[]> PagedTokens(TraceReferenceCall call, int pages, int pageSize)
    {
        double[] indices = call.Inputs.TryGetValue("kv_indices", out double[]? given) ? given : throw new NotSupportedException("paged attention needs kv_indices");
        double[]? last = call.Inputs.TryGetValue("kv_last_page_len", out double[]? lengths) ? lengths : null;
        if (indices.Any(page => page < 0 || page >= pages))
        {
            throw new ArgumentException($"kv_indices names pages that are not among the {pages} there are");
        }

        var tokens = new List<int[]>();
        foreach ((int first, int count) in Ranges(call, "kv_indptr", indices.Length))
        {
            int inLast = last is null ? pageSize : (int)last[tokens.Count];
            if (count > 0 && (inLast < 1 || inLast > pageSize))
            {
                throw new ArgumentException($"kv_last_page_len has {inLast}, and a page has {pageSize} tokens");
            }

            IEnumerable<int> all = indices.Skip(first).Take(count).SelectMany(page => Enumerable.Range((int)page * pageSize, pageSize));
            tokens.Add([.. all.Take(count == 0 ? 0 : ((count - 1) * pageSize) + inLast)]);
        }

        return tokens;
    }

    /// <summary>The last query of a sequence sees all of its tokens, the one before all but one.</summary>
    private static IEnumerable<(int Sequence, int Seen)> PrefillQueries(TraceReferenceCall call, long queries, List<int[]> tokens)
    {
        List<(int First, int Count)> ranges = Ranges(call, "qo_indptr", queries);
        if (ranges.Count != tokens.Count || ranges.Sum(range => range.Count) != queries)
        {
            throw new ArgumentException("qo_indptr does not divide all queries among the sequences of kv_indptr");
        }

        return ranges.SelectMany((range, sequence) => Enumerable.Range(0, range.Count)
            .Select(i => (sequence, Math.Clamp(tokens[sequence].Length - range.Count + i + 1, 0, tokens[sequence].Length))));
    }

    private static List<(int First, int Count)> Ranges(TraceReferenceCall call, string name, long length)
    {
        double[] offsets = call.Inputs[name];
        bool isAscending = offsets.Length > 0 && offsets[0] == 0 && offsets[^1] <= length && offsets.Zip(offsets.Skip(1)).All(pair => pair.First <= pair.Second);
        return isAscending
            ? [.. offsets.Zip(offsets.Skip(1), (first, next) => ((int)first, (int)(next - first)))]
            : throw new ArgumentException($"{name} should ascend from 0 to at most {length}; random numbers make no offsets, take them from a safetensors file");
    }
}
