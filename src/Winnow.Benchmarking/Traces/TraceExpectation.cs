using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Winnow.Benchmarking.Descriptions;
using Winnow.Formats;
using Winnow.Formats.Safetensors;

namespace Winnow.Benchmarking.Traces;

/// <summary>What the outputs of a workload should be, and by which measure.</summary>
/// <param name="Exact">The values by output; null where nothing is known.</param>
/// <param name="Plain">What a plain computation in the definition's types gives; null for the exact values, rounded.</param>
/// <param name="Source">Where they come from; why there are none.</param>
internal sealed record TraceExpectation(IReadOnlyDictionary<string, double[]>? Exact, IReadOnlyDictionary<string, double[]>? Plain, string Source)
{
    /// <summary>What the output is drawn from, where it is drawn at random; there are no values then.</summary>
    public TraceDistribution? Distribution { get; init; }

    /// <summary>The rule by which outputs are near enough.</summary>
    public string Rule => Distribution is not null ? "all draws are such as may be drawn, and n KL of frequencies and distribution is within what right ones exceed as often as false alarms are allowed"
        : Plain is null
        ? "twice the error of rounding the reference, plus one unit in the last place"
        : "twice the error of a plain computation in the same type, plus one unit in the last place";

    /// <summary>Nothing to compare with.</summary>
    public static TraceExpectation Unknown(string reason) => new(null, null, reason);

    /// <summary>Computes them with a C# reference.</summary>
    /// <exception cref="TraceFormatException">The workload's values make no sense.</exception>
    public static TraceExpectation Of(TraceReference reference, TraceCase problem, IReadOnlyDictionary<string, TraceTensorData> inputs)
    {
        try
        {
            if (reference.Distribution is { } distribution)
            {
                return new TraceExpectation(null, null, reference.Name) { Distribution = Checked(distribution(Call(problem, inputs)), problem) };
            }

            Dictionary<string, double[]> exact = Run(reference.Exact ?? throw new NotSupportedException($"{reference.Name} computes nothing"), problem, inputs);
            return new TraceExpectation(exact, reference.Plain is null ? null : Rounded(problem, Run(reference.Plain, problem, inputs)), reference.Name);
        }
        catch (Exception exception) when ((exception as AggregateException)?.GetBaseException() is NotSupportedException || exception is NotSupportedException)
        {
            return Unknown($"not checked: {exception.GetBaseException().Message}");
        }
        catch (ArgumentException exception)
        {
            throw problem.Problem("inputs", exception.Message + ".");
        }
    }

    /// <summary>Reads them from a file.</summary>
    /// <exception cref="TraceFormatException">The file does not have them.</exception>
    public static TraceExpectation Of(string path, TraceCase problem)
    {
        try
        {
            using SafetensorsFile file = SafetensorsFile.Open(path);
            return new TraceExpectation(
                problem.Definition.Outputs.ToDictionary(output => output.Name, output => Read(file, problem, output), StringComparer.Ordinal), null, Path.GetFileName(path));
        }
        catch (ModelFormatException exception)
        {
            throw new TraceFormatException(path, 0, "", exception.Message);
        }
    }

    private static Dictionary<string, double[]> Run(Action<TraceReferenceCall> compute, TraceCase problem, IReadOnlyDictionary<string, TraceTensorData> inputs)
    {
        TraceReferenceCall call = Call(problem, inputs);
        compute(call);
        return (Dictionary<string, double[]>)call.Outputs;
    }

    private static TraceDistribution Checked(TraceDistribution distribution, TraceCase problem)
    {
        IReadOnlyList<TraceTensor> outputs = problem.Definition.Outputs;
        return outputs.Count == 1 && outputs[0].Name == distribution.Output && problem.ElementsOf(outputs[0]) == distribution.Rows.Count
            ? distribution
            : throw new NotSupportedException($"a distribution of {distribution.Rows.Count} values of {distribution.Output} is not what {problem.Definition.Name} gives");
    }

    private static TraceReferenceCall Call(TraceCase problem, IReadOnlyDictionary<string, TraceTensorData> inputs) => new(
        problem.Definition,
        problem.Axes,
        inputs.ToDictionary(input => input.Key, input => input.Value.ToDoubles(), StringComparer.Ordinal),
        problem.Definition.Outputs.ToDictionary(output => output.Name, output => NaNs(problem.ElementsOf(output)), StringComparer.Ordinal));

    /// <summary>A plain computation ends in the type of the output.</summary>
    private static Dictionary<string, double[]> Rounded(TraceCase problem, Dictionary<string, double[]> outputs)
    {
        foreach (TraceTensor output in problem.Definition.Outputs)
        {
            ElementType type = output.DType.Element()!.Value;
            outputs[output.Name] = Array.ConvertAll(outputs[output.Name], value => type.Round(value));
        }

        return outputs;
    }

    private static double[] NaNs(long count)
    {
        double[] values = new double[count];
        Array.Fill(values, double.NaN);
        return values;
    }

    /// <summary>In the output's type, or in one that is more exact.</summary>
    private static double[] Read(SafetensorsFile file, TraceCase problem, TraceTensor output)
    {
        if (!file.TryGet(output.Name, out TensorInfo? info))
        {
            throw new TraceFormatException(file.Path, 0, output.Name, "there is no such tensor; each output needs one of its name.");
        }

        ElementType own = output.DType.Element()!.Value;
        ElementType? type = info.Type == output.DType.Stored() ? own
            : own.IsFloat() && info.Type is TensorType.F32 ? ElementType.F32
            : own.IsFloat() && info.Type is TensorType.F64 ? ElementType.F64
            : null;
        long[] shape = problem.ShapeOf(output);
        if (type is not { } stored || !info.Shape.SequenceEqual(shape))
        {
            throw new TraceFormatException(file.Path, 0, output.Name, $"this is {info}, and {output.DType.NameOf()} [{string.Join(", ", shape)}] is wanted.");
        }

        byte[] bytes = new byte[info.Bytes];
        file.Read(info, 0, bytes);
        return [.. Enumerable.Range(0, (int)info.Elements).Select(i => stored.Read(bytes.AsSpan(i * stored.Bytes())))];
    }
}
