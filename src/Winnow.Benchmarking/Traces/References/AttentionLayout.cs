using System;
using System.Collections.Generic;
using System.Linq;

namespace Winnow.Benchmarking.Traces.References;

/// <summary>Which tokens each query of an attention workload sees, and where they lie.</summary>
internal sealed class AttentionLayout
{
    private static readonly Form[] Forms =
    [
        new("gqa_paged_decode", IsPaged: true, IsPrefill: false, [("q", "k_cache")], "v_cache"),
        new("gqa_paged_prefill_causal", IsPaged: true, IsPrefill: true, [("q", "k_cache")], "v_cache"),
        new("gqa_ragged_prefill_causal", IsPaged: false, IsPrefill: true, [("q", "k")], "v"),
        new("mla_paged_decode", IsPaged: true, IsPrefill: false, [("q_nope", "ckv_cache"), ("q_pe", "kpe_cache")], "ckv_cache"),
        new("mla_paged_prefill_causal", IsPaged: true, IsPrefill: true, [("q_nope", "ckv_cache"), ("q_pe", "kpe_cache")], "ckv_cache"),
    ];

    /// <summary>Heads of queries.</summary>
    public required int QueryHeads { get; init; }

    /// <summary>Heads of keys and values.</summary>
    public required int KvHeads { get; init; }

    /// <summary>What a score is the sum of: one product of queries and keys, or one for each part that they are stored in.</summary>
    public required IReadOnlyList<AttentionProduct> Products { get; init; }

    /// <summary>Numbers of a head of values.</summary>
    public required int ValueDim { get; init; }

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
        Form form = Forms.FirstOrDefault(form => form.Fits(call))
            ?? throw new NotSupportedException($"of attention only {string.Join(", ", Forms.Select(form => form.Prefix + "_*"))} are known, with the inputs of published ones");
        long[] queries = ShapeOf(call, form.Products[0].Query);
        long[] keys = ShapeOf(call, form.Products[0].Key);
        List<int[]> tokens = form.IsPaged ? PagedTokens(call, (int)keys[0], (int)keys[1]) : [.. Ranges(call, "kv_indptr", keys[0]).Select(range => Enumerable.Range(range.First, range.Count).ToArray())];
        return new AttentionLayout
        {
            QueryHeads = (int)queries[1],
            KvHeads = form.HasKvHeads ? (int)keys[^2] : 1,
            Products = [.. form.Products.Select(pair => new AttentionProduct(call.Inputs[pair.Query], call.Inputs[pair.Key], (int)ShapeOf(call, pair.Key)[^1]))],
            ValueDim = (int)ShapeOf(call, form.Value)[^1],
            Values = call.Inputs[form.Value],
            Tokens = tokens,
            Queries = [.. form.IsPrefill ? PrefillQueries(call, queries[0], tokens) : tokens.Select((list, sequence) => (sequence, list.Length))],
        };
    }

    private static long[] ShapeOf(TraceReferenceCall call, string input) => [.. call.Definition.Inputs.First(tensor => tensor.Name == input).Shape!.Select(axis => call.Axes[axis])];

    private static List<int[]> PagedTokens(TraceReferenceCall call, int pages, int pageSize)
    {
        double[] indices = call.Inputs["kv_indices"];
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

    /// <summary>A family of published definitions: which of its inputs are what.</summary>
    private sealed record Form(string Prefix, bool IsPaged, bool IsPrefill, (string Query, string Key)[] Products, string Value)
    {
        /// <summary>Whether keys have an axis of heads; latent ones are those of all heads at once.</summary>
        public bool HasKvHeads => Products.Length == 1;

        /// <summary>Whether a definition is one of the family.</summary>
        public bool Fits(TraceReferenceCall call)
        {
            string[] tensors = [.. Products.SelectMany(pair => new[] { pair.Query, pair.Key }).Append(Value).Distinct()];
            string[] needed = [.. tensors, "kv_indptr", "sm_scale", .. IsPaged ? ["kv_indices"] : Array.Empty<string>(), .. IsPrefill ? ["qo_indptr"] : Array.Empty<string>()];
            string[] known = [.. needed, .. IsPaged ? ["kv_last_page_len"] : Array.Empty<string>()];
            int keyRank = (IsPaged ? 2 : 1) + (HasKvHeads ? 2 : 1);
            return call.Definition.Name.StartsWith(Prefix, StringComparison.Ordinal)
                && !call.Inputs.Keys.Except(known).Any() && needed.All(call.Inputs.ContainsKey)
                && call.Outputs.ContainsKey("output") && !call.Outputs.Keys.Except(["output", "lse"]).Any()
                && Products.All(pair => ShapeOf(call, pair.Query).Length == 3 && ShapeOf(call, pair.Key).Length == keyRank && ShapeOf(call, pair.Query)[^1] == ShapeOf(call, pair.Key)[^1])
                && ShapeOf(call, Value).Length == keyRank;
        }
    }
}
