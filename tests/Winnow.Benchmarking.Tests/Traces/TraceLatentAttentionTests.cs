using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using NUnit.Framework;
using Winnow.Formats;
using Winnow.Formats.Safetensors;
using static Winnow.Benchmarking.Traces.ReferenceCalls;

namespace Winnow.Benchmarking.Traces;

/// <summary>Multi-head latent attention: the reference, and what it finds out about solutions.</summary>
public sealed class TraceLatentAttentionTests
{
    private const int Heads = 3;
    private const int Latent = 8;
    private const int Positions = 4;

    // Sums of a dozen numbers of magnitude 1 in another order: some dozen roundings of 2^-53.
    private const double Near = 1e-13;

    [Test]
    public void Attention_OfLatentDecodeReadsThePagesOfEachSequence()
    {
        Dictionary<string, double[]> values = Values(queries: 3, tokens: 10);
        (values["kv_indptr"], values["kv_indices"], values["kv_last_page_len"]) = ([0, 2, 2, 3], [4, 1, 0], [1, 0, 2]);

        Dictionary<string, double[]> outputs = Compute(
            TraceJson.ParseDefinition(Published.LatentDecode), values, ("batch_size", 3), ("num_pages", 5), ("len_indptr", 4), ("num_kv_indices", 3));

        Check(values, outputs, [[8, 9, 2], [], [0, 1]]);
    }

    [Test]
    public void Attention_OfLatentPrefillSeesWhatIsNotLater()
    {
        Dictionary<string, double[]> values = Values(queries: 6, tokens: 9);
        (values["qo_indptr"], values["kv_indptr"], values["kv_indices"]) = ([0, 2, 3, 6], [0, 4, 5, 7], [8, 0, 3, 5, 2, 7, 1]);

        Dictionary<string, double[]> outputs = Compute(
            TraceJson.ParseDefinition(Published.LatentPrefill), values, ("total_q", 6), ("num_pages", 9), ("len_indptr", 4), ("num_kv_indices", 7));

        // Two queries at the end of four tokens; one of one; three of two, of which the first sees nothing.
        Check(values, outputs, [[8, 0, 3], [8, 0, 3, 5], [2], [], [7], [7, 1]]);
    }

    [TestCase("\"kpe_cache\"", "\"rope_cache\"")]
    [TestCase("mla_paged_decode_h3", "mla_paged_verify_h3")]
    [TestCase("\"lse\"", "\"max\"")]
    public void Attention_OfLatentDefinitionsThatItDoesNotKnowSaysSo(string from, string to)
    {
        TraceDefinition definition = TraceJson.ParseDefinition(Published.Edited(Published.LatentDecode, from, to));
        Dictionary<string, double[]> values = definition.Inputs.ToDictionary(input => input.Name, _ => new double[1]);

        Assert.That(
            () => Compute(definition, values, ("batch_size", 1), ("num_pages", 1), ("len_indptr", 2), ("num_kv_indices", 1)),
            Throws.TypeOf<NotSupportedException>().With.Message.Contains("mla_paged_decode_*, mla_paged_prefill_causal_* are known"));
    }

    [TestCase(true, true, TraceStatus.Passed, "")]
    [TestCase(false, true, TraceStatus.IncorrectNumerical, "values of output are further off than allowed")]
    [TestCase(true, false, TraceStatus.IncorrectNumerical, "6 of 6 values of lse are further off than allowed")]
    public void Run_OfALatentSolutionIsChecked(bool readsPositions, bool hasBaseTwo, TraceStatus status, string reason)
    {
        TraceOutcome outcome = Run(operands => Solve(operands, readsPositions, hasBaseTwo));

        Assert.That(outcome.Trace?.Evaluation!.Status, Is.EqualTo(status), outcome.Reason);
        Assert.That(outcome.Reason, Does.Contain(reason));
        Assert.That(outcome.Trace!.Evaluation!.Correctness!.Extra, Does.Contain("attention in C#").And.Contain("a plain computation in the same type"));
    }

    [Test]
    public void Run_OfLatentPagesThatAreNotThereSkips()
    {
        TraceOutcome outcome = Run(_ => { }, lastPage: 5);

        Assert.That((outcome.Kind, outcome.IsDamaged), Is.EqualTo((TraceOutcomeKind.Skipped, true)));
        Assert.That(outcome.Reason, Does.Contain("kv_indices names pages that are not among the 5 there are"));
    }

    private static TraceOutcome Run(Action<TraceOperands> solution, int lastPage = 3)
    {
        using TemporaryFolder folder = new();
        SafetensorsWriter writer = new();
        AddInts(writer, "kv_indptr", [0, 2, 3]);
        AddInts(writer, "kv_indices", [4, 1, lastPage]);
        AddInts(writer, "kv_last_page_len", [1, 2]);
        writer.Write(folder["pages.safetensors"]);
        TraceDefinition definition = TraceJson.ParseDefinition(Published.LatentDecode);
        TraceDataset dataset = new();
        dataset.Add(definition);
        dataset.Add(new KernelTrace
        {
            Definition = definition.Name,
            Workload = new TraceWorkload
            {
                Uuid = "u1",
                Axes = new Dictionary<string, long> { ["batch_size"] = 2, ["num_pages"] = 5, ["len_indptr"] = 3, ["num_kv_indices"] = 3 },
                Inputs = definition.Inputs.ToDictionary(input => input.Name, input => input.Name switch
                {
                    "sm_scale" => new TraceInput { Kind = TraceInputKind.Scalar, Value = "0.5" },
                    ['k', 'v', '_', ..] => new TraceInput { Kind = TraceInputKind.Safetensors, Path = folder["pages.safetensors"], TensorKey = input.Name },
                    _ => new TraceInput { Kind = TraceInputKind.Random },
                }),
            },
        });
        return Problems.Run(dataset, new TraceOptions { Operations = [new TraceOperation("latent", definition.Name, solution)] }).Single();
    }

    private static void AddInts(SafetensorsWriter writer, string name, int[] values) => writer.AddBytes(
        name, TensorType.I32, [values.Length], (offset, destination) => MemoryMarshal.AsBytes(values.AsSpan()).Slice((int)offset, destination.Length).CopyTo(destination));

    /// <summary>A solution in floats.</summary>
    private static void Solve(TraceOperands operands, bool readsPositions, bool hasBaseTwo)
    {
        Dictionary<string, double[]> values = operands.Inputs.ToDictionary(input => input.Key, input => input.Value.ToDoubles());
        int[][] tokens = [[8, 9, 2], [6, 7]];
        List<double> output = [];
        List<double> sums = [];
        for (int row = 0; row < 2 * Heads; row++)
        {
            float[] weights = [.. tokens[row / Heads].Select(token => MathF.Exp(0.5f * ((float)Dot(values, "q_nope", row, "ckv_cache", token, Latent)
                + (readsPositions ? (float)Dot(values, "q_pe", row, "kpe_cache", token, Positions) : 0))))];
            sums.Add(hasBaseTwo ? MathF.Log2(weights.Sum()) : MathF.Log(weights.Sum()));
            output.AddRange(Enumerable.Range(0, Latent).Select(d => (double)tokens[row / Heads].Zip(weights, (token, weight) => weight / weights.Sum() * (float)values["ckv_cache"][(token * Latent) + d]).Sum()));
        }

        operands.Outputs["output"].Write([.. output]);
        operands.Outputs["lse"].Write([.. sums]);
    }

    private static Dictionary<string, double[]> Values(int queries, int tokens) => new()
    {
        ["q_nope"] = Numbers(queries * Heads * Latent, 1),
        ["q_pe"] = Numbers(queries * Heads * Positions, 2),
        ["ckv_cache"] = Numbers(tokens * Latent, 3),
        ["kpe_cache"] = Numbers(tokens * Positions, 4),
        ["sm_scale"] = [0.3],
    };

    private static void Check(Dictionary<string, double[]> values, Dictionary<string, double[]> outputs, int[][] tokens)
    {
        Assert.That(outputs["lse"], Has.Length.EqualTo(tokens.Length * Heads));
        for (int row = 0; row < outputs["lse"].Length; row++)
        {
            int[] seen = tokens[row / Heads];
            double[] weights = [.. seen.Select(token => Math.Exp(0.3 * (Dot(values, "q_nope", row, "ckv_cache", token, Latent) + Dot(values, "q_pe", row, "kpe_cache", token, Positions))))];
            Assert.That(outputs["lse"][row], Is.EqualTo(Math.Log2(weights.Sum())).Within(Near));
            for (int d = 0; d < Latent; d++)
            {
                double expected = seen.Zip(weights, (token, weight) => weight / weights.Sum() * values["ckv_cache"][(token * Latent) + d]).Sum();
                Assert.That(outputs["output"][(row * Latent) + d], Is.EqualTo(expected).Within(Near), $"query head {row}, number {d}");
            }
        }
    }

    private static double Dot(Dictionary<string, double[]> values, string queries, int row, string keys, int token, int width) =>
        Enumerable.Range(0, width).Sum(d => values[queries][(row * width) + d] * values[keys][(token * width) + d]);
}
