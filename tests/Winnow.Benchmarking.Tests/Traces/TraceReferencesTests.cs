using System;
using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;
using static Winnow.Benchmarking.Traces.ReferenceCalls;

namespace Winnow.Benchmarking.Traces;

/// <summary>The references that ship, against the same formulas written again, element by element.</summary>
public sealed class TraceReferencesTests
{
    // Sums of up to a few dozen numbers of magnitude 1 in another order: some dozen roundings of 2^-53.
    private const double Near = 1e-13;

    [Test]
    public void Norm_IsRootMeanSquareOverTheLastAxis([Values] bool hasResidual, [Values] bool hasEpsilonInput)
    {
        List<TraceTensor> inputs = [new("hidden_states", ["batch_size", "hidden_size"], TraceDType.BFloat16), new("weight", ["hidden_size"], TraceDType.BFloat16)];
        Dictionary<string, double[]> values = new() { ["hidden_states"] = Numbers(12, 1), ["weight"] = Numbers(4, 2) };
        if (hasResidual)
        {
            inputs.Insert(1, new TraceTensor("residual", ["batch_size", "hidden_size"], TraceDType.BFloat16));
            values["residual"] = Numbers(12, 3);
        }

        if (hasEpsilonInput)
        {
            inputs.Add(new TraceTensor("eps", null, TraceDType.Float32));
            values["eps"] = [0.25];
        }

        TraceDefinition definition = Define((hasResidual ? "fused_add_" : "") + "rmsnorm_h4", "rmsnorm", [("batch_size", null), ("hidden_size", 4)], inputs, [new("output", ["batch_size", "hidden_size"], TraceDType.BFloat16)])
            with { Reference = "def run(hidden_states, weight):\n    EPS = 5e-1\n    return x" };

        double[] output = Compute(definition, values, ("batch_size", 3))["output"];

        double epsilon = hasEpsilonInput ? 0.25 : 0.5;
        for (int i = 0; i < 12; i++)
        {
            double square = Enumerable.Range(i / 4 * 4, 4).Average(at => Math.Pow(X(at), 2));
            Assert.That(output[i], Is.EqualTo(X(i) * values["weight"][i % 4] / Math.Sqrt(square + epsilon)).Within(Near));
        }

        double X(int at) => values["hidden_states"][at] + (hasResidual ? values["residual"][at] : 0);
    }

    [Test]
    public void Gemm_IsTheProductByTheNamesOfTheAxes([Values] bool isTransposed)
    {
        TraceDefinition definition = Define(
            "gemm_n3_k5", "gemm", [("M", null), ("N", 3), ("K", 5)],
            [new("A", ["M", "K"], TraceDType.Float16), new("B", isTransposed ? ["N", "K"] : ["K", "N"], TraceDType.Float16)], [new("C", ["M", "N"], TraceDType.Float16)]);
        Dictionary<string, double[]> values = new() { ["A"] = Numbers(10, 1), ["B"] = Numbers(15, 2) };

        double[] output = Compute(definition, values, ("M", 2))["C"];

        Assert.That(output, Is.EqualTo(Enumerable.Range(0, 6).Select(i => Enumerable.Range(0, 5)
            .Sum(k => values["A"][(i / 3 * 5) + k] * values["B"][isTransposed ? (i % 3 * 5) + k : (k * 3) + (i % 3)])).ToArray()).Within(Near));
    }

    [Test]
    public void Attention_OfPagedDecodeReadsThePagesOfEachSequence()
    {
        TraceDefinition definition = TraceJson.ParseDefinition(Published.Definition);
        const int Pages = 5;
        Dictionary<string, double[]> values = new()
        {
            ["q"] = Numbers(3 * 4 * 8, 1),
            ["k_cache"] = Numbers(Pages * 2 * 2 * 8, 2),
            ["v_cache"] = Numbers(Pages * 2 * 2 * 8, 3),
            ["kv_indptr"] = [0, 2, 2, 3],
            ["kv_indices"] = [4, 1, 0],
            ["kv_last_page_len"] = [1, 0, 2],
            ["sm_scale"] = [0.3],
        };

        Dictionary<string, double[]> outputs = Compute(definition, values, ("batch_size", 3), ("num_pages", Pages), ("len_indptr", 4), ("num_kv_indices", 3));

        int[][] tokens = [[8, 9, 2], [], [0, 1]];
        for (int row = 0; row < 12; row++)
        {
            CheckAttention(values["q"].AsSpan(row * 8, 8), values["k_cache"], values["v_cache"], tokens[row / 4], row % 4 / 2, outputs["output"].AsSpan(row * 8, 8), outputs["lse"][row]);
        }
    }

    [Test]
    public void Attention_OfRaggedPrefillSeesWhatIsNotLater()
    {
        TraceDefinition definition = Ragged();
        Dictionary<string, double[]> values = new()
        {
            ["q"] = Numbers(6 * 4 * 8, 1),
            ["k"] = Numbers(7 * 2 * 8, 2),
            ["v"] = Numbers(7 * 2 * 8, 3),
            ["qo_indptr"] = [0, 2, 3, 6],
            ["kv_indptr"] = [0, 4, 5, 7],
            ["sm_scale"] = [0.3],
        };

        Dictionary<string, double[]> outputs = Compute(definition, values, ("total_q", 6), ("total_kv", 7), ("len_indptr", 4));

        // Two queries at the end of four tokens; one of one; three of two, of which the first sees nothing.
        int[][] tokens = [[0, 1, 2], [0, 1, 2, 3], [4], [], [5], [5, 6]];
        for (int row = 0; row < 24; row++)
        {
            CheckAttention(values["q"].AsSpan(row * 8, 8), values["k"], values["v"], tokens[row / 4], row % 4 / 2, outputs["output"].AsSpan(row * 8, 8), outputs["lse"][row]);
        }
    }

    [TestCase("kv_indptr", new double[] { 0, 3, 2, 7 }, "kv_indptr should ascend from 0 to at most 7")]
    [TestCase("kv_indptr", new double[] { 0, 3, 4, 8 }, "kv_indptr should ascend from 0 to at most 7")]
    [TestCase("kv_indptr", new double[] { 1, 3, 4, 7 }, "kv_indptr should ascend from 0 to at most 7")]
    [TestCase("qo_indptr", new double[] { 0, 1, 2, 3 }, "qo_indptr does not divide all queries")]
    public void Attention_OfOffsetsThatLeadNowhereIsRefused(string name, double[] offsets, string problem)
    {
        Dictionary<string, double[]> values = new()
        {
            ["q"] = Numbers(6 * 4 * 8, 1), ["k"] = Numbers(7 * 2 * 8, 2), ["v"] = Numbers(7 * 2 * 8, 3),
            ["qo_indptr"] = [0, 2, 3, 6], ["kv_indptr"] = [0, 4, 5, 7], ["sm_scale"] = [0.3],
        };
        values[name] = offsets;

        Assert.That(() => Compute(Ragged(), values, ("total_q", 6), ("total_kv", 7), ("len_indptr", 4)), Throws.ArgumentException.With.Message.Contains(problem));
    }

    [TestCase("gemma_rmsnorm_h4", "rmsnorm")]
    [TestCase("gqa_paged_prefill_h4", "gqa_paged")]
    [TestCase("gemm_fp8", "gemm")]
    public void References_OfDefinitionsThatTheyDoNotKnowSaySo(string name, string kind)
    {
        TraceDefinition definition = Define(name, kind, [("N", 2)], [new("x", ["N"], TraceDType.Float32)], [new("output", ["N"], TraceDType.Float32)]);

        Assert.That(() => Compute(definition, new Dictionary<string, double[]> { ["x"] = [1, 2] }), Throws.TypeOf<NotSupportedException>().With.Message.Contains("known"));
    }

    [Test]
    public void Norm_WithoutAnEpsilonSaysSo()
    {
        TraceDefinition definition = Define("rmsnorm_h2", "rmsnorm", [("N", 2)], [new("x", ["N"], TraceDType.Float32), new("weight", ["N"], TraceDType.Float32)], [new("output", ["N"], TraceDType.Float32)]);

        Assert.That(() => Compute(definition, new Dictionary<string, double[]> { ["x"] = [1, 2], ["weight"] = [1, 1] }), Throws.TypeOf<NotSupportedException>().With.Message.Contains("EPS"));
    }

    [Test]
    public void Plain_ErrsAsTheTypesDo()
    {
        TraceDefinition definition = Define(
            "gemm_n3_k500", "gemm", [("M", 2), ("N", 3), ("K", 500)], [new("A", ["M", "K"], TraceDType.Float32), new("B", ["N", "K"], TraceDType.Float32)], [new("C", ["M", "N"], TraceDType.Float32)]);
        Dictionary<string, double[]> values = new() { ["A"] = Numbers(1000, 1), ["B"] = Numbers(1500, 2) };

        double[] exact = Compute(definition, values)["C"];
        TraceReferenceCall call = Call(definition, values);
        TraceReferences.Shipped().Find(definition)!.Plain!(call);

        double error = exact.Zip(call.Outputs["C"], (right, plain) => Math.Abs(right - plain)).Max();
        Assert.That(error, Is.GreaterThan(0).And.LessThan(500 * 500 * Math.Pow(2, -24)), "at most a rounding of the sum so far for each of 500 terms");
    }

    private static TraceDefinition Ragged() => Define(
        "gqa_ragged_prefill_causal_h4_kv2_d8", "gqa_ragged", [("total_q", null), ("total_kv", null), ("len_indptr", null), ("h", 4), ("g", 2), ("d", 8)],
        [
            new("q", ["total_q", "h", "d"], TraceDType.BFloat16), new("k", ["total_kv", "g", "d"], TraceDType.BFloat16), new("v", ["total_kv", "g", "d"], TraceDType.BFloat16),
            new("qo_indptr", ["len_indptr"], TraceDType.Int32), new("kv_indptr", ["len_indptr"], TraceDType.Int32), new("sm_scale", null, TraceDType.Float32),
        ],
        [new("output", ["total_q", "h", "d"], TraceDType.BFloat16), new("lse", ["total_q", "h"], TraceDType.Float32)]);

    private static void CheckAttention(ReadOnlySpan<double> query, double[] keys, double[] values, int[] tokens, int kvHead, ReadOnlySpan<double> output, double sum)
    {
        double[] weights = new double[tokens.Length];
        for (int t = 0; t < tokens.Length; t++)
        {
            for (int d = 0; d < 8; d++)
            {
                weights[t] += 0.3 * query[d] * keys[(((tokens[t] * 2) + kvHead) * 8) + d];
            }
        }

        double total = weights.Sum(Math.Exp);
        Assert.That(sum, Is.EqualTo(Math.Log2(total)).Within(Near));
        for (int d = 0; d < 8; d++)
        {
            double expected = tokens.Select((token, t) => Math.Exp(weights[t]) / total * values[(((token * 2) + kvHead) * 8) + d]).Sum();
            Assert.That(output[d], Is.EqualTo(expected).Within(Near));
        }
    }
}
