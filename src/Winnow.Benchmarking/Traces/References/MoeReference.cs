using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics;
using System.Threading.Tasks;
using Winnow.Benchmarking.Descriptions;

namespace Winnow.Benchmarking.Traces.References;

/// <summary>
/// <c>moe_fp8_block_scale_ds_routing_*</c>: a token takes k experts of the groups whose two best have the largest sums, by sigmoid plus bias; their outputs,
/// W2 (W1a x * silu(W1b x)), are added in proportion to the sigmoids. Experts that are not here add nothing.
/// </summary>
internal static class MoeReference
{
    private const double LargestFloat8 = 448;

    /// <summary>The reference; the plain one sums floats and keeps what is between the products as hidden states come: in 8 bits with a scale for each block.</summary>
    public static TraceReference Create() => new("mixture of experts in C#", call => Run<double>(call, isPlain: false), call => Run<float>(call, isPlain: true));

    private static void Run<T>(TraceReferenceCall call, bool isPlain)
        where T : IBinaryFloatingPointIeee754<T>
    {
        MoeLayout layout = MoeLayout.Of(call)
            ?? throw new NotSupportedException("of mixtures of experts only moe_fp8_block_scale_ds_routing_topk*_ng*_kg*_* is known, with the inputs of published ones");
        double[] output = call.Outputs["output"];
        int offset = (int)call.Inputs["local_expert_offset"][0];
        Parallel.For(0, layout.Tokens, token =>
        {
            T[] sum = new T[layout.Hidden];
            foreach ((int expert, T weight) in Route<T>(layout, call, token))
            {
                int local = expert - offset;
                if (local >= 0 && local < layout.LocalExperts)
                {
                    T[] between = Between<T>(layout, call, token, local);
                    if (isPlain)
                    {
                        Narrow(between, layout.Block);
                    }

                    AddOutput(layout, call, local, between, weight, sum);
                }
            }

            for (int i = 0; i < sum.Length; i++)
            {
                output[(token * layout.Hidden) + i] = double.CreateChecked(sum[i]);
            }
        });
    }

    /// <summary>Which experts a token takes is decided in floats, as the definition does: it is a choice, of which a more exact one is another.</summary>
    private static IEnumerable<(int Expert, T Weight)> Route<T>(MoeLayout layout, TraceReferenceCall call, int token)
        where T : IBinaryFloatingPointIeee754<T>
    {
        double[] logits = call.Inputs["routing_logits"][(token * layout.Experts)..((token + 1) * layout.Experts)];
        float[] scores = [.. logits.Select((logit, expert) => (1 / (1 + MathF.Exp(-(float)logit))) + (float)call.Inputs["routing_bias"][expert])];
        int size = layout.Experts / layout.Groups;
        IEnumerable<int> groups = Enumerable.Range(0, layout.Groups).OrderByDescending(group => scores.Skip(group * size).Take(size).OrderDescending().Take(2).Sum()).Take(layout.TopGroups);
        int[] chosen = [.. groups.SelectMany(group => Enumerable.Range(group * size, size)).Order().OrderByDescending(expert => scores[expert]).Take(layout.TopK)];
        T[] weights = [.. chosen.Select(expert => T.One / (T.One + T.Exp(-T.CreateChecked(logits[expert]))))];
        T sum = weights.Aggregate(T.CreateChecked(1e-20), (total, weight) => total + weight);
        T scale = T.CreateChecked(call.Inputs["routed_scaling_factor"][0]);
        return chosen.Zip(weights, (expert, weight) => (expert, weight / sum * scale));
    }

    /// <summary>The first product of a token and an expert, and its gate.</summary>
    private static T[] Between<T>(MoeLayout layout, TraceReferenceCall call, int token, int expert)
        where T : IBinaryFloatingPointIeee754<T>
    {
        (double[] states, double[] scales) = (call.Inputs["hidden_states"], call.Inputs["hidden_states_scale"]);
        T[] x = new T[layout.Hidden];
        for (int i = 0; i < x.Length; i++)
        {
            x[i] = T.CreateChecked(states[(token * layout.Hidden) + i]) * T.CreateChecked(scales[(i / layout.Block * layout.Tokens) + token]);
        }

        T[] values = new T[layout.Intermediate];
        for (int i = 0; i < values.Length; i++)
        {
            T value = Dot(call, "gemm1_weights", (expert * 2 * layout.Intermediate) + i, x, layout.Block);
            T gate = Dot(call, "gemm1_weights", (((expert * 2) + 1) * layout.Intermediate) + i, x, layout.Block);
            values[i] = gate / (T.One + T.Exp(-gate)) * value;
        }

        return values;
    }

    private static void AddOutput<T>(MoeLayout layout, TraceReferenceCall call, int expert, T[] between, T weight, T[] sum)
        where T : IBinaryFloatingPointIeee754<T>
    {
        for (int i = 0; i < sum.Length; i++)
        {
            sum[i] += weight * Dot(call, "gemm2_weights", (expert * layout.Hidden) + i, between, layout.Block);
        }
    }

    /// <summary>A row of weights, each block in units of its scale, with a vector. Rows of all experts lie one after another, and so do those of scales.</summary>
    private static T Dot<T>(TraceReferenceCall call, string name, int row, T[] x, int block)
        where T : IBinaryFloatingPointIeee754<T>
    {
        (double[] weights, double[] scales) = (call.Inputs[name], call.Inputs[name + "_scale"]);
        T sum = T.Zero;
        for (int start = 0; start < x.Length; start += block)
        {
            T part = T.Zero;
            for (int i = start; i < start + block; i++)
            {
                part += T.CreateChecked(weights[(row * x.Length) + i]) * x[i];
            }

            sum += part * T.CreateChecked(scales[(row / block * (x.Length / block)) + (start / block)]);
        }

        return sum;
    }

    private static void Narrow<T>(T[] values, int block)
        where T : IBinaryFloatingPointIeee754<T>
    {
        for (int start = 0; start < values.Length; start += block)
        {
            Span<T> part = values.AsSpan(start, block);
            T most = T.Zero;
            foreach (T value in part)
            {
                most = T.Max(most, T.Abs(value));
            }

            T scale = most / T.CreateChecked(LargestFloat8);
            for (int i = 0; i < block && scale > T.Zero; i++)
            {
                part[i] = Stages.Keep(part[i] / scale, ElementType.F8E4M3) * scale;
            }
        }
    }
}
