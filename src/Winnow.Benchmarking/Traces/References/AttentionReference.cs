using System;
using System.Numerics;
using System.Threading.Tasks;
using Winnow.Benchmarking.Descriptions;

namespace Winnow.Benchmarking.Traces.References;

/// <summary>
/// <c>gqa_paged_decode_*</c>, <c>gqa_paged_prefill_causal_*</c> and <c>gqa_ragged_prefill_causal_*</c>: softmax(q k^T sm_scale) v over the tokens of a sequence,
/// and the logarithm to base 2 of the sum of exponentials. A query that sees nothing gives zeros and minus infinity. <c>mla_paged_decode_*</c> and
/// <c>mla_paged_prefill_causal_*</c> are the same with one head of keys in two parts, the latent vector and its positions, of which the first is the value, too.
/// </summary>
internal static class AttentionReference
{
    /// <summary>The reference; the plain one rounds scores and probabilities to the type of the queries, which come first.</summary>
    public static TraceReference Create() => new("attention in C#", call => Run<double>(call, null), call => Run<float>(call, call.Definition.Inputs[0].DType.Element()));

    private static void Run<T>(TraceReferenceCall call, ElementType? stage)
        where T : IBinaryFloatingPointIeee754<T>
    {
        AttentionLayout layout = AttentionLayout.Of(call);
        double[] output = call.Outputs["output"];
        double[]? sums = call.Outputs.TryGetValue("lse", out double[]? given) ? given : null;
        T scale = T.CreateChecked(call.Inputs["sm_scale"][0]);
        output.AsSpan().Clear();
        sums?.AsSpan().Fill(double.NegativeInfinity);
        Parallel.For(0, layout.Queries.Count * layout.QueryHeads, query =>
        {
            (int sequence, int seen) = layout.Queries[query / layout.QueryHeads];
            if (seen > 0)
            {
                T sum = Attend(layout, layout.Tokens[sequence].AsSpan(0, seen), query, scale, stage, output.AsSpan(query * layout.ValueDim, layout.ValueDim));
                if (sums is not null)
                {
                    sums[query] = double.CreateChecked(sum);
                }
            }
        });
    }

    /// <summary>One query head over its tokens; gives the base-2 logarithm of the sum of exponentials.</summary>
    private static T Attend<T>(AttentionLayout layout, ReadOnlySpan<int> tokens, int query, T scale, ElementType? stage, Span<double> output)
        where T : IBinaryFloatingPointIeee754<T>
    {
        int kvHead = query % layout.QueryHeads / (layout.QueryHeads / layout.KvHeads);
        T[] scores = Scores<T>(layout, tokens, query, kvHead);
        T most = T.NegativeInfinity;
        for (int i = 0; i < scores.Length; i++)
        {
            scores[i] = Stages.Keep(scores[i], stage) * scale;
            most = T.Max(most, scores[i]);
        }

        T sum = T.Zero;
        for (int i = 0; i < tokens.Length; i++)
        {
            scores[i] = T.Exp(scores[i] - most);
            sum += scores[i];
        }

        T[] total = new T[layout.ValueDim];
        for (int i = 0; i < tokens.Length; i++)
        {
            int at = ((tokens[i] * layout.KvHeads) + kvHead) * layout.ValueDim;
            T part = Stages.Keep(scores[i] / sum, stage);
            for (int d = 0; d < layout.ValueDim; d++)
            {
                total[d] += part * T.CreateChecked(layout.Values[at + d]);
            }
        }

        for (int d = 0; d < layout.ValueDim; d++)
        {
            output[d] = double.CreateChecked(total[d]);
        }

        return (most + T.Log(sum)) / T.Log(T.CreateChecked(2));
    }

    /// <summary>The products of a query head with its tokens, part after part as if they lay side by side.</summary>
    private static T[] Scores<T>(AttentionLayout layout, ReadOnlySpan<int> tokens, int query, int kvHead)
        where T : IBinaryFloatingPointIeee754<T>
    {
        T[] scores = new T[tokens.Length];
        foreach (AttentionProduct product in layout.Products)
        {
            T[] line = Array.ConvertAll(product.Queries[(query * product.Dim)..((query + 1) * product.Dim)], T.CreateChecked);
            for (int i = 0; i < tokens.Length; i++)
            {
                int at = ((tokens[i] * layout.KvHeads) + kvHead) * product.Dim;
                for (int d = 0; d < line.Length; d++)
                {
                    scores[i] += line[d] * T.CreateChecked(product.Keys[at + d]);
                }
            }
        }

        return scores;
    }
}
