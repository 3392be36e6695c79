using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Linq;
using System.Runtime.InteropServices;
using Winnow.Benchmarking.Descriptions;
using Winnow.Benchmarking.Timing;

namespace Winnow.Benchmarking.Traces;

/// <summary>A solution in C#: it runs on the processor, and its times are measured there.</summary>
internal sealed class HostCandidate(TraceOperation operation, TraceOptions options) : TraceCandidate(operation.Name, options)
{
    private const byte Poison = 0xFF;

    /// <inheritdoc/>
    public override TraceEnvironment Environment { get; } = new(
        string.Create(CultureInfo.InvariantCulture, $"CPU {RuntimeInformation.ProcessArchitecture}, {System.Environment.ProcessorCount} threads"),
        Libraries(("dotnet", System.Environment.Version.ToString())));

    /// <inheritdoc/>
    public override string? WhyNot() => null;

    /// <inheritdoc/>
    public override TraceExecution Execute(TraceCase problem, IReadOnlyDictionary<string, TraceTensorData> inputs)
    {
        TraceOperands operands = OperandsOf(problem, inputs);
        CheckTime(Run(operands));
        return new TraceExecution(Values(operands), "", null);
    }

    /// <inheritdoc/>
    public override void Repeat(TraceCase problem, IReadOnlyDictionary<string, TraceTensorData> inputs, Func<IReadOnlyDictionary<string, double[]>, bool> take)
    {
        TraceOperands operands = OperandsOf(problem, inputs);
        do
        {
            foreach ((string name, TraceTensorData input) in operands.Inputs)
            {
                inputs[name].Bytes.CopyTo(input.Bytes);
            }

            foreach (TraceTensorData output in operands.Outputs.Values)
            {
                output.Bytes.Fill(Poison);
            }

            CheckTime(Run(operands));
        }
        while (take(Values(operands)));
    }

    /// <inheritdoc/>
    public override TraceTiming? Measure(TraceCase problem, IReadOnlyDictionary<string, TraceTensorData> inputs, TraceCandidate? reference)
    {
        TraceOperands operands = OperandsOf(problem, inputs);
        double[] times = new double[Options.Timing.Samples];
        for (int sample = -Options.Timing.WarmUps; sample < times.Length; sample++)
        {
            TimeSpan time = Run(operands);
            if (time * times.Length > Options.TimeLimit)
            {
                return new TraceTiming(null, string.Create(
                    CultureInfo.InvariantCulture, $"not measured: {times.Length} runs of {time.TotalSeconds:0.###} s take longer than {Options.TimeLimit.TotalSeconds:0.###} s"));
            }

            if (sample >= 0)
            {
                times[sample] = time.TotalMicroseconds;
            }
        }

        return Timing(TimeStatistics.Of(times), null, $"{times.Length} samples of one call each, caches warm");
    }

    private TimeSpan Run(TraceOperands operands)
    {
        long start = Stopwatch.GetTimestamp();
        try
        {
            operation.Run(operands);
        }
        catch (Exception exception)
        {
            throw new TraceFailureException(TraceStatus.RuntimeError, $"{exception.GetType().Name}: {exception.Message}");
        }

        return Stopwatch.GetElapsedTime(start);
    }

    private static Dictionary<string, double[]> Values(TraceOperands operands) => operands.Outputs.ToDictionary(output => output.Key, output => output.Value.ToDoubles(), StringComparer.Ordinal);

    /// <summary>Inputs of its own, so that one that writes to them takes nothing from others.</summary>
    private static TraceOperands OperandsOf(TraceCase problem, IReadOnlyDictionary<string, TraceTensorData> inputs)
    {
        Dictionary<string, TraceTensorData> copies = problem.Definition.Inputs.ToDictionary(
            input => input.Name, input => new TraceTensorData(input, inputs[input.Name].Shape, [.. inputs[input.Name].Buffer]), StringComparer.Ordinal);
        Dictionary<string, TraceTensorData> outputs = problem.Definition.Outputs.ToDictionary(output => output.Name, output => Poisoned(problem, output), StringComparer.Ordinal);
        return new TraceOperands(problem.Definition, problem.Axes, copies, outputs);
    }

    private static TraceTensorData Poisoned(TraceCase problem, TraceTensor output)
    {
        byte[] bytes = new byte[problem.ElementsOf(output) * output.DType.Element()!.Value.Bytes()];
        Array.Fill(bytes, Poison);
        return new TraceTensorData(output, problem.ShapeOf(output), bytes);
    }
}
