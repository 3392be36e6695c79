using System;
using System.Linq;
using System.Numerics;
using System.Threading.Tasks;
using Winnow.Benchmarking.Descriptions;

namespace Winnow.Benchmarking.Traces.References;

/// <summary>
/// <c>gqa_paged_decode_*</c>, <c>gqa_paged_prefill_causal_*</c> and <c>gqa_ragged_prefill_causal_*</c>: softmax(q k^T sm_scale) v over the tokens of a sequence,
/// and the logarithm to base 2 of the sum of exponentials. A query that sees nothing gives zeros and minus infinity.
/// </summary>
internal static class AttentionReference
{
    /// <summary>The reference; the plain one rounds scores and probabilities to the type of the queries.</summary>
    public static TraceReference Create() => new(
        "attention in C#", call => Run<double>(call, null), call => Run<float>(call, call.Definition.Inputs.First(input => input.Name == "q").DType.Element()));

    private static void Run<T>(TraceReferenceCall call, ElementType? stage)
        where T : IBinaryFloatingPointIeee754<T>
    {
        AttentionLayout layout = AttentionLayout.Of(call);
        T[] queries = [.. call.Inputs["q"].Select(T.CreateChecked)];
        double[] output = call.Outputs["output"];
        double[]? sums = call.Outputs.TryGetValue("lse", out double[]? given) ? given : null;
        T scale = T.CreateChecked(call.Inputs["sm_scale"][0]);
        output.AsSpan().Clear();
        sums?.AsSpan().Fill(double.NegativeInfinity);
        Parallel.For(0, layout.Queries.Count * layout.QueryHeads, work =>
        {
            (int row, int head) = (work / layout.QueryHeads, work % layout.QueryHeads);
            (int sequence, int seen) = layout.Queries[row];
            if (seen > 0)
            {
                int place = ((row * layout.QueryHeads) + head) * layout.HeadDim;
                T sum = Attend(layout, layout.Tokens[sequence].Take(seen).ToArray(), queries.AsSpan(place, layout.HeadDim), head, scale, stage, output.AsSpan(place, layout.HeadDim));
                if (sums is not null)
                {
                    sums[(row * layout.QueryHeads) + head] = double.CreateChecked(sum);
                }
            }
        });
    }

    /// <summary>One query head over its tokens; gives the base-2 logarithm of the sum of exponentials.</summary>
    private static T Attend<T>(AttentionLayout layout, int[] tokens, ReadOnlySpan<T> query, int head, T scale, ElementType? stage, Span<double> output)
        where T : IBinaryFloatingPointIeee754<T>
    {
        int kvHead = head / (layout.QueryHeads / layout.KvHeads);
        T[] scores = new T[tokens.Length];
        T most = T.NegativeInfinity;
        for (int i = 0; i < tokens.Length; i++)
        {
            int at = ((tokens[i] * layout.KvHeads) + kvHead) * layout.HeadDim;
            T dot = T.Zero;
            for (int d = 0; d < layout.HeadDim; d++)
            {
                dot += query[d] * T.CreateChecked(layout.Keys[at + d]);
            }

            scores[i] = Stages.Keep(dot, stage) * scale;
            most = T.Max(most, scores[i]);
        }

        T sum = T.Zero;
        for (int i = 0; i < tokens.Length; i++)
        {
            scores[i] = T.Exp(scores[i] - most);
            sum += scores[i];
        }

        T[] total = new T[layout.HeadDim];
        for (int i = 0; i < tokens.Length; i++)
        {
            int at = ((tokens[i] * layout.KvHeads) + kvHead) * layout.HeadDim;
            T part = Stages.Keep(scores[i] / sum, stage);
            for (int d = 0; d < layout.HeadDim; d++)
            {
                total[d] += part * T.CreateChecked(layout.Values[at + d]);
            }
        }

        for (int d = 0; d < layout.HeadDim; d++)
        {
            output[d] = double.CreateChecked(total[d]);
        }

        return (most + T.Log(sum)) / T.Log(T.CreateChecked(2));
    }
}
