using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using Winnow.Benchmarking.Descriptions;

namespace Winnow.Benchmarking.Traces;

/// <summary>From a line of JSON to a <see cref="KernelTrace"/>.</summary>
internal static class TraceLineReader
{
    /// <summary>Reads a line.</summary>
    /// <param name="json">The line.</param>
    /// <param name="file">The file, for messages.</param>
    /// <param name="line">Its number, from 1.</param>
    public static KernelTrace Read(string json, string file, int line)
    {
        var fields = new TraceFields(TraceReader.Root(json, file, line), file, "", "definition, workload, solution, evaluation");
        string? solution = fields.Find("solution") is null ? null : fields.Text("solution");
        TraceEvaluation? evaluation = fields.Find("evaluation") is null
            ? null
            : Evaluation(fields.Inner("evaluation", "status, environment, timestamp, log, correctness, performance"));
        if (solution is null != evaluation is null)
        {
            string there = solution is null ? "evaluation" : "solution";
            throw fields.Problem(there, "solution and evaluation are both there, or neither is, in the line of a workload alone.");
        }

        return new KernelTrace
        {
            Definition = fields.Text("definition"),
            Workload = Workload(fields.Inner("workload", "uuid, axes, inputs")),
            Solution = solution,
            Evaluation = evaluation,
            File = file,
            Line = line,
        };
    }

    private static TraceWorkload Workload(TraceFields fields)
    {
        TraceFields axes = fields.Inner("axes", null);
        TraceFields inputs = fields.Inner("inputs", null);
        return new TraceWorkload
        {
            Uuid = fields.Text("uuid"),
            Axes = axes.All.ToDictionary(member => member.Key, member => axes.WholeOf(member.Value, member.Key), StringComparer.Ordinal),
            Inputs = inputs.All.ToDictionary(member => member.Key, member => Input(inputs.Inner(member.Value, member.Key, "type, value, path, tensor_key")), StringComparer.Ordinal),
        };
    }

    private static TraceInput Input(TraceFields fields)
    {
        string type = fields.Text("type");
        return type switch
        {
            "random" => new TraceInput { Kind = TraceInputKind.Random },
            "scalar" => new TraceInput { Kind = TraceInputKind.Scalar, Value = Scalar(fields) },
            "safetensors" => new TraceInput { Kind = TraceInputKind.Safetensors, Path = fields.Text("path"), TensorKey = fields.Text("tensor_key") },
            _ => throw fields.Problem("type", $"'{type}' is no source of values; there are random, scalar and safetensors."),
        };
    }

    private static string Scalar(TraceFields fields)
    {
        DescriptionNode node = fields.Require("value");
        return node.Kind is JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False
            ? node.Text
            : throw fields.Problem("value", "this should be a number, true or false.");
    }

    private static TraceEvaluation Evaluation(TraceFields fields)
    {
        string name = fields.Text("status");
        TraceStatus status = TraceStatuses.Find(name) ?? throw fields.Problem("status", $"'{name}' is no status; there are {TraceStatuses.AllNames}.");
        TraceFields? correctness = InnerOrNull(fields, "correctness", "max_relative_error, max_absolute_error, extra");
        TraceFields? performance = InnerOrNull(fields, "performance", "latency_ms, reference_latency_ms, speedup_factor, profile");
        if ((correctness is not null) != (status is TraceStatus.Passed or TraceStatus.IncorrectNumerical))
        {
            throw fields.Problem("correctness", $"this belongs to PASSED and INCORRECT_NUMERICAL, always, and to no other status; this one is {name}.");
        }

        if (performance is not null && status != TraceStatus.Passed)
        {
            throw fields.Problem("performance", $"this belongs to PASSED alone; this one is {name}.");
        }

        TraceFields environment = fields.Inner("environment", "hardware, libs");
        return new TraceEvaluation
        {
            Status = status,
            Environment = new TraceEnvironment(environment.Text("hardware"), Libraries(environment)),
            Timestamp = fields.Text("timestamp"),
            Log = fields.OptionalText("log") ?? "",
            Correctness = correctness is null ? null : new TraceCorrectness(
                correctness.Real("max_relative_error"), correctness.Real("max_absolute_error"), correctness.Raw("extra", JsonTokenType.StartObject)),
            Performance = performance is null ? null : new TracePerformance(
                performance.Real("latency_ms"), performance.Real("reference_latency_ms"), performance.Real("speedup_factor"), performance.Raw("profile", JsonTokenType.StartArray)),
        };
    }

    private static TraceFields? InnerOrNull(TraceFields fields, string name, string known) =>
        fields.Find(name) is { } node ? fields.Inner(node, name, known) : null;

    private static Dictionary<string, string> Libraries(TraceFields environment)
    {
        if (environment.Find("libs") is not { } node)
        {
            return [];
        }

        TraceFields libraries = environment.Inner(node, "libs", null);
        return libraries.All.ToDictionary(member => member.Key, member => libraries.Text(member.Key), StringComparer.Ordinal);
    }
}
