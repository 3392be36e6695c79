using System;
using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;
using static Winnow.Benchmarking.Traces.ReferenceCalls;

namespace Winnow.Benchmarking.Traces;

/// <summary>Mixtures of experts in 8 bits: the reference against weights that are multiplied out, and what it finds out about solutions.</summary>
public sealed class TraceExpertsTests
{
    private const int Experts = 12;
    private const int Hidden = 8;
    private const int Intermediate = 4;
    private const int Offset = 5;

    /// <summary>What solutions do wrong.</summary>
    public enum Fault
    {
        None,
        HalvesBetween,
        NoBias,
        BiasInWeights,
        NoGroups,
        NoScalingFactor,
        SwappedHalves,
        NoOffset,
        TransposedScales,
    }

    [Test]
    public void Experts_AreChosenByGroupsAndAddedByWeight()
    {
        const int Tokens = 40;
        Dictionary<string, double[]> values = new()
        {
            ["routing_logits"] = Numbers(Tokens * Experts, 1),
            ["routing_bias"] = Numbers(Experts, 2),
            ["hidden_states"] = Numbers(Tokens * Hidden, 3),
            ["hidden_states_scale"] = Numbers(4 * Tokens, 4),
            ["gemm1_weights"] = Numbers(4 * 8 * Hidden, 5),
            ["gemm1_weights_scale"] = Numbers(4 * 4 * 4, 6),
            ["gemm2_weights"] = Numbers(4 * Hidden * Intermediate, 7),
            ["gemm2_weights_scale"] = Numbers(4 * 4 * 2, 8),
            ["local_expert_offset"] = [Offset],
            ["routed_scaling_factor"] = [2.5],
        };

        double[] output = Compute(TraceJson.ParseDefinition(Published.Experts), values, ("seq_len", Tokens))["output"];

        // A few dozen roundings of 2^-53 of numbers that are of magnitude 1.
        Assert.That(output, Is.EqualTo(Solve(values, Tokens, Fault.None)).Within(1e-13));
        Assert.That(output.Count(value => value != 0), Is.InRange(Tokens * Hidden / 3, (Tokens * Hidden) - 1), "some tokens take no expert that is here, most do");
    }

    [TestCase(Fault.None, TraceStatus.Passed)]
    [TestCase(Fault.HalvesBetween, TraceStatus.Passed)]
    [TestCase(Fault.NoBias, TraceStatus.IncorrectNumerical)]
    [TestCase(Fault.BiasInWeights, TraceStatus.IncorrectNumerical)]
    [TestCase(Fault.NoGroups, TraceStatus.IncorrectNumerical)]
    [TestCase(Fault.NoScalingFactor, TraceStatus.IncorrectNumerical)]
    [TestCase(Fault.SwappedHalves, TraceStatus.IncorrectNumerical)]
    [TestCase(Fault.NoOffset, TraceStatus.IncorrectNumerical)]
    [TestCase(Fault.TransposedScales, TraceStatus.IncorrectNumerical)]
    public void Run_OfASolutionIsChecked(Fault fault, TraceStatus status)
    {
        TraceDefinition definition = TraceJson.ParseDefinition(Published.Experts);
        TraceDataset dataset = new();
        dataset.Add(definition);
        dataset.Add(new KernelTrace
        {
            Definition = definition.Name,
            Workload = new TraceWorkload
            {
                Uuid = "u1",
                Axes = new Dictionary<string, long> { ["seq_len"] = 40 },
                Inputs = definition.Inputs.ToDictionary(input => input.Name, input => input.Name switch
                {
                    "local_expert_offset" => new TraceInput { Kind = TraceInputKind.Scalar, Value = "5" },
                    "routed_scaling_factor" => new TraceInput { Kind = TraceInputKind.Scalar, Value = "2.5" },
                    _ => new TraceInput { Kind = TraceInputKind.Random },
                }),
            },
        });
        TraceOperation operation = new("experts", definition.Name, operands =>
            operands.Outputs["output"].Write(Solve(operands.Inputs.ToDictionary(input => input.Key, input => input.Value.ToDoubles()), 40, fault)));

        // Random biases are larger than sigmoids are apart, so all tokens take much the same experts; those of this seed are here.
        TraceOutcome outcome = Problems.Run(dataset, new TraceOptions { Operations = [operation], Seed = 1 }).Single();

        Assert.That(outcome.Trace?.Evaluation!.Status, Is.EqualTo(status), outcome.Reason);
    }

    [TestCase("_topk3_", "_topk7_")]
    [TestCase("_ng4_", "_ng5_")]
    [TestCase("_ds_routing_", "_renormalize_routing_")]
    [TestCase("\"num_hidden_blocks\": { \"type\": \"const\", \"value\": 4 }", "\"num_hidden_blocks\": { \"type\": \"const\", \"value\": 3 }")]
    [TestCase("\"routing_bias\": {", "\"routing_offset\": {")]
    public void Experts_OfDefinitionsThatItDoesNotKnowSaysSo(string from, string to)
    {
        TraceDefinition definition = TraceJson.ParseDefinition(Published.Edited(Published.Experts, from, to));
        Dictionary<string, double[]> values = definition.Inputs.ToDictionary(input => input.Name, _ => new double[512]);

        Assert.That(() => Compute(definition, values, ("seq_len", 1)), Throws.TypeOf<NotSupportedException>().With.Message.Contains("only moe_fp8_block_scale_ds_routing_topk*_ng*_kg*_* is known"));
    }

    /// <summary>Step by step with all weights in full: blocks of two numbers, four groups of three experts, two groups and three experts a token.</summary>
    private static double[] Solve(Dictionary<string, double[]> values, int tokens, Fault fault)
    {
        double[] output = new double[tokens * Hidden];
        for (int token = 0; token < tokens; token++)
        {
            double[] sigmoid = [.. Enumerable.Range(0, Experts).Select(expert => 1 / (1 + Math.Exp(-values["routing_logits"][(token * Experts) + expert])))];
            double[] biased = [.. sigmoid.Select((score, expert) => score + (fault == Fault.NoBias ? 0 : values["routing_bias"][expert]))];
            int[] groups = [.. Enumerable.Range(0, 4).OrderByDescending(group => biased[(3 * group)..((3 * group) + 3)].Sum() - biased[(3 * group)..((3 * group) + 3)].Min()).Take(fault == Fault.NoGroups ? 4 : 2)];
            int[] chosen = [.. Enumerable.Range(0, Experts).Where(expert => groups.Contains(expert / 3)).OrderByDescending(expert => biased[expert]).Take(3)];
            double[] weights = fault == Fault.BiasInWeights ? biased : sigmoid;
            foreach (int expert in chosen.Where(expert => expert >= Offset && expert < Offset + 4))
            {
                double weight = weights[expert] / chosen.Sum(other => weights[other]) * (fault == Fault.NoScalingFactor ? 1 : 2.5);
                double[] added = Expert(values, tokens, token, fault == Fault.NoOffset ? expert % 4 : expert - Offset, fault);
                for (int i = 0; i < Hidden; i++)
                {
                    output[(token * Hidden) + i] += weight * added[i];
                }
            }
        }

        return output;
    }

    private static double[] Expert(Dictionary<string, double[]> values, int tokens, int token, int expert, Fault fault)
    {
        double[] x = [.. Enumerable.Range(0, Hidden).Select(i => values["hidden_states"][(token * Hidden) + i] * values["hidden_states_scale"][fault == Fault.TransposedScales ? (token * 4) + (i / 2) : (i / 2 * tokens) + token])];
        double[] first = [.. Enumerable.Range(0, 2 * Intermediate).Select(row => Enumerable.Range(0, Hidden).Sum(i =>
            x[i] * values["gemm1_weights"][(((expert * 8) + row) * Hidden) + i] * values["gemm1_weights_scale"][(((expert * 4) + (row / 2)) * 4) + (i / 2)]))];
        (double[] up, double[] gate) = fault == Fault.SwappedHalves ? (first[Intermediate..], first[..Intermediate]) : (first[..Intermediate], first[Intermediate..]);
        double[] between = [.. up.Zip(gate, (value, g) => value * g / (1 + Math.Exp(-g)))];
        between = fault == Fault.HalvesBetween ? Array.ConvertAll(between, value => (double)BitConverter.Int32BitsToSingle((BitConverter.SingleToInt32Bits((float)value) + 0x8000) & ~0xFFFF)) : between;
        return [.. Enumerable.Range(0, Hidden).Select(row => Enumerable.Range(0, Intermediate).Sum(i =>
            between[i] * values["gemm2_weights"][(((expert * Hidden) + row) * Intermediate) + i] * values["gemm2_weights_scale"][(((expert * 4) + (row / 2)) * 2) + (i / 2)]))];
    }
}
