using System;
using System.Buffers;
using System.Collections.Generic;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Winnow.Benchmarking.Traces;

/// <summary>From definitions, solutions and traces to JSON, in the order of fields that published files have.</summary>
internal static class TraceWriter
{
    private static readonly JsonWriterOptions OneLine = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonWriterOptions Indented = OneLine with { Indented = true, NewLine = "\n" };

    /// <summary>A definition, indented.</summary>
    public static string Write(TraceDefinition definition) => Text(Indented, json =>
    {
        json.WriteString("name", definition.Name);
        json.WriteString("op_type", definition.OpType);
        WriteOptional(json, "description", definition.Description);
        WriteList(json, "tags", definition.Tags);
        json.WriteStartObject("axes");
        foreach (TraceAxis axis in definition.Axes)
        {
            json.WriteStartObject(axis.Name);
            json.WriteString("type", axis.Value is null ? "var" : "const");
            if (axis.Value is { } value)
            {
                json.WriteNumber("value", value);
            }

            WriteOptional(json, "description", axis.Description);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        WriteList(json, "constraints", definition.Constraints);
        Write(json, "inputs", definition.Inputs);
        Write(json, "outputs", definition.Outputs);
        json.WriteString("reference", definition.Reference);
    });

    /// <summary>A solution, indented.</summary>
    public static string Write(TraceSolution solution) => Text(Indented, json =>
    {
        json.WriteString("name", solution.Name);
        json.WriteString("definition", solution.Definition);
        json.WriteString("author", solution.Author);
        json.WriteStartObject("spec");
        json.WriteString("language", solution.Spec.Language);
        WriteList(json, "target_hardware", solution.Spec.TargetHardware);
        json.WriteString("entry_point", solution.Spec.EntryPoint);
        WriteList(json, "dependencies", solution.Spec.Dependencies);
        json.WriteBoolean("destination_passing_style", solution.Spec.DestinationPassingStyle);
        WriteOptional(json, "binding", solution.Spec.Binding);
        json.WriteEndObject();
        json.WriteStartArray("sources");
        foreach (TraceSource source in solution.Sources)
        {
            json.WriteStartObject();
            json.WriteString("path", source.Path);
            json.WriteString("content", source.Content);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteOptional(json, "description", solution.Description);
    });

    /// <summary>A trace, on one line without its end.</summary>
    public static string Write(KernelTrace trace) => Text(OneLine, json =>
    {
        json.WriteString("definition", trace.Definition);
        Write(json, trace.Workload);
        json.WriteString("solution", trace.Solution);
        if (trace.Evaluation is { } evaluation)
        {
            Write(json, evaluation);
        }
        else
        {
            json.WriteNull("evaluation");
        }
    });

    private static void Write(Utf8JsonWriter json, string name, IReadOnlyList<TraceTensor> tensors)
    {
        json.WriteStartObject(name);
        foreach (TraceTensor tensor in tensors)
        {
            json.WriteStartObject(tensor.Name);
            json.WritePropertyName("shape");
            WriteListValue(json, tensor.Shape);
            json.WriteString("dtype", tensor.DType.NameOf());
            WriteOptional(json, "description", tensor.Description);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, TraceWorkload workload)
    {
        json.WriteStartObject("workload");
        json.WriteStartObject("axes");
        foreach ((string name, long value) in workload.Axes)
        {
            json.WriteNumber(name, value);
        }

        json.WriteEndObject();
        json.WriteStartObject("inputs");
        foreach ((string name, TraceInput input) in workload.Inputs)
        {
            json.WriteStartObject(name);
            json.WriteString("type", input.Kind.ToString().ToLowerInvariant());
            if (input.Kind == TraceInputKind.Scalar)
            {
                json.WritePropertyName("value");
                json.WriteRawValue(input.Value);
            }
            else if (input.Kind == TraceInputKind.Safetensors)
            {
                json.WriteString("path", input.Path);
                json.WriteString("tensor_key", input.TensorKey);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteString("uuid", workload.Uuid);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, TraceEvaluation evaluation)
    {
        json.WriteStartObject("evaluation");
        json.WriteString("status", evaluation.Status.NameOf());
        json.WriteStartObject("environment");
        json.WriteString("hardware", evaluation.Environment.Hardware);
        json.WriteStartObject("libs");
        foreach ((string name, string version) in evaluation.Environment.Libraries)
        {
            json.WriteString(name, version);
        }

        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteString("timestamp", evaluation.Timestamp);
        json.WriteString("log", evaluation.Log);
        WriteObject(json, "correctness", evaluation.Correctness, correctness =>
        {
            WriteReal(json, "max_relative_error", correctness.MaxRelativeError);
            WriteReal(json, "max_absolute_error", correctness.MaxAbsoluteError);
            json.WritePropertyName("extra");
            json.WriteRawValue(correctness.Extra ?? "null");
        });
        WriteObject(json, "performance", evaluation.Performance, performance =>
        {
            WriteReal(json, "latency_ms", performance.LatencyMilliseconds);
            WriteReal(json, "reference_latency_ms", performance.ReferenceLatencyMilliseconds);
            WriteReal(json, "speedup_factor", performance.SpeedupFactor);
            if (performance.Profile is not null)
            {
                json.WritePropertyName("profile");
                json.WriteRawValue(performance.Profile);
            }
        });
        json.WriteEndObject();
    }

    private static void WriteObject<T>(Utf8JsonWriter json, string name, T? value, Action<T> members)
        where T : class
    {
        if (value is null)
        {
            json.WriteNull(name);
            return;
        }

        json.WriteStartObject(name);
        members(value);
        json.WriteEndObject();
    }

    /// <summary>JSON has no NaN and no infinity: the schema writes those as texts.</summary>
    private static void WriteReal(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value))
        {
            json.WriteNumber(name, value);
        }
        else
        {
            json.WriteString(name, double.IsNaN(value) ? "NaN" : "Infinity");
        }
    }

    private static void WriteOptional(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }

    private static void WriteList(Utf8JsonWriter json, string name, IReadOnlyList<string> values)
    {
        if (values.Count > 0)
        {
            json.WritePropertyName(name);
            WriteListValue(json, values);
        }
    }

    private static void WriteListValue(Utf8JsonWriter json, IReadOnlyList<string>? values)
    {
        if (values is null)
        {
            json.WriteNullValue();
            return;
        }

        json.WriteStartArray();
        foreach (string value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }

    private static string Text(JsonWriterOptions options, Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, options))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
