using System;
using System.Buffers;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using Winnow.Benchmarking.Checking;

namespace Winnow.Benchmarking.Traces;

/// <summary>One workload with its inputs and what is expected of it, made once for all solutions.</summary>
internal sealed class TraceWorkloadRun
{
    private readonly TraceOptions _options;
    private readonly TraceCase _problem;
    private readonly IReadOnlyDictionary<string, TraceTensorData> _inputs;
    private readonly TraceExpectation _expected;
    private readonly TraceCandidate? _reference;

    /// <exception cref="TraceFormatException">The workload is damaged, or larger than memory.</exception>
    public TraceWorkloadRun(TraceOptions options, string root, TraceDefinition definition, KernelTrace workload, TraceCandidate? reference)
    {
        (_options, _reference) = (options, reference);
        _problem = new TraceCase(definition, workload, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        _inputs = TraceInputs.Make(_problem, root, options.Seed);
        _expected = Expect();
    }

    /// <summary>Runs a solution.</summary>
    public TraceOutcome Run(TraceCandidate candidate)
    {
        try
        {
            TraceExecution execution = candidate.Execute(_problem, _inputs);
            if (_expected.Distribution is not null)
            {
                return RunDraws(candidate, execution);
            }

            if (_expected.Exact is null)
            {
                return Unchecked(candidate, execution, _expected.Source);
            }

            OutputComparison[] outputs = [.. _problem.Definition.Outputs.Select(output => Compare(output, execution))];
            return outputs.All(output => output.IsPassed) ? Passed(candidate, execution, CorrectnessOf(outputs), outputs) : Wrong(candidate, execution, outputs);
        }
        catch (TraceFailureException failure)
        {
            return Evaluated(candidate, Evaluation(candidate, failure.Status, failure.Message)) with { Reason = failure.Message };
        }
        catch (TraceSkipException skip)
        {
            return Outcome(TraceOutcomeKind.Skipped, candidate, skip.Message) with { IsDamaged = skip.IsDamaged };
        }
    }

    private TraceOutcome RunDraws(TraceCandidate candidate, TraceExecution execution)
    {
        DrawVerdict verdict = new TraceDrawCheck(_options, _expected).Run(candidate, _problem, _inputs);
        return verdict.Status switch
        {
            null => Unchecked(candidate, execution, verdict.Reason),
            TraceStatus.Passed => Passed(candidate, execution, verdict.Correctness!, []),
            _ => Wrong(candidate, execution, verdict.Reason, verdict.Correctness!),
        };
    }

    private TraceOutcome Unchecked(TraceCandidate candidate, TraceExecution execution, string reason)
    {
        TraceTiming? timing = candidate.Measure(_problem, _inputs, _reference);
        return Outcome(TraceOutcomeKind.NotChecked, candidate, reason) with
        {
            Prediction = execution.Prediction,
            MeasuredMilliseconds = timing?.Performance?.LatencyMilliseconds,
        };
    }

    private OutputComparison Compare(TraceTensor output, TraceExecution execution) => OutputComparer.Compare(
        output.Name, output.DType.Element()!.Value, execution.Outputs[output.Name], _expected.Exact![output.Name], _expected.Plain?[output.Name], _options.Tolerance);

    private TraceOutcome Passed(TraceCandidate candidate, TraceExecution execution, TraceCorrectness correctness, OutputComparison[] outputs)
    {
        TraceTiming? timing = candidate.Measure(_problem, _inputs, _reference);
        string log = string.Join("; ", new[] { execution.Log, timing?.Log ?? "" }.Where(text => text.Length > 0));
        TraceEvaluation evaluation = Evaluation(candidate, TraceStatus.Passed, log) with { Correctness = correctness, Performance = timing?.Performance };
        return Evaluated(candidate, evaluation) with
        {
            Outputs = outputs,
            Prediction = execution.Prediction,
            MeasuredMilliseconds = timing?.Performance?.LatencyMilliseconds,
        };
    }

    private TraceOutcome Wrong(TraceCandidate candidate, TraceExecution execution, OutputComparison[] outputs)
    {
        OutputComparison worst = outputs.First(output => !output.IsPassed);
        string reason = string.Create(
            CultureInfo.InvariantCulture,
            $"{worst.Mismatches} of {worst.Values} values of {worst.Output} are further off than allowed, {worst.Allowed:0.00e+0}: [{worst.WorstIndex}] is {worst.Actual:G9}, expected {worst.Expected:G9}");
        return Wrong(candidate, execution, reason, CorrectnessOf(outputs)) with { Outputs = outputs };
    }

    private TraceOutcome Wrong(TraceCandidate candidate, TraceExecution execution, string reason, TraceCorrectness correctness)
    {
        TraceEvaluation evaluation = Evaluation(candidate, TraceStatus.IncorrectNumerical, reason) with { Correctness = correctness };
        return Evaluated(candidate, evaluation) with { Reason = reason, Prediction = execution.Prediction };
    }

    private TraceExpectation Expect()
    {
        TraceReference? known = _options.References.Find(_problem.Definition);
        if (known?.Distribution is not null)
        {
            // Draws differ from run to run: neither a file nor another solution says what they should be.
            return TraceExpectation.Of(known, _problem, _inputs);
        }

        if (_reference is not null)
        {
            return FromReference(_reference);
        }

        string uuid = _problem.Trace.Workload.Uuid;
        if (_options.ExpectedFolder is { } folder && uuid.IndexOfAny(Path.GetInvalidFileNameChars()) < 0)
        {
            string path = Path.Combine(folder, uuid + ".safetensors");
            if (File.Exists(path))
            {
                return TraceExpectation.Of(path, _problem);
            }
        }

        return known is not null
            ? TraceExpectation.Of(known, _problem, _inputs)
            : TraceExpectation.Unknown($"not checked: there is no reference in C# for op_type {_problem.Definition.OpType}; give expected outputs or another solution");
    }

    private TraceExpectation FromReference(TraceCandidate reference)
    {
        try
        {
            return reference.WhyNot() is { } whyNot
                ? TraceExpectation.Unknown($"not checked: {reference.Name} does not run: {whyNot}")
                : new TraceExpectation(reference.Execute(_problem, _inputs).Outputs, null, reference.Name);
        }
        catch (Exception exception) when (exception is TraceFailureException or TraceSkipException)
        {
            return TraceExpectation.Unknown($"not checked: {reference.Name} failed: {exception.Message}");
        }
    }

    private TraceEvaluation Evaluation(TraceCandidate candidate, TraceStatus status, string log) => new()
    {
        Status = status,
        Environment = candidate.Environment,
        Timestamp = _options.Clock.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture),
        Log = log,
    };

    private TraceOutcome Evaluated(TraceCandidate candidate, TraceEvaluation evaluation) => Outcome(TraceOutcomeKind.Evaluated, candidate, "") with
    {
        Trace = new KernelTrace { Definition = _problem.Definition.Name, Workload = _problem.Trace.Workload, Solution = candidate.Name, Evaluation = evaluation },
    };

    private TraceOutcome Outcome(TraceOutcomeKind kind, TraceCandidate candidate, string reason) => new()
    {
        Kind = kind,
        Definition = _problem.Definition.Name,
        Solution = candidate.Name,
        Workload = _problem.Trace.Workload,
        Reason = reason,
    };

    /// <summary>The schema's two numbers, and beside them by which rule outputs were judged.</summary>
    private TraceCorrectness CorrectnessOf(OutputComparison[] outputs)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("reference", _expected.Source);
            json.WriteString("rule", _options.Tolerance is null ? _expected.Rule : "a given tolerance");
            json.WriteStartObject("outputs");
            foreach (OutputComparison output in outputs)
            {
                json.WriteStartObject(output.Output);
                json.WriteNumber("allowed", output.Allowed);
                json.WriteNumber("mismatches", output.Mismatches);
                json.WriteEndObject();
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return new TraceCorrectness(outputs.Max(output => output.MaxRelativeError), outputs.Max(output => output.MaxAbsoluteError), Encoding.UTF8.GetString(buffer.WrittenSpan));
    }
}
