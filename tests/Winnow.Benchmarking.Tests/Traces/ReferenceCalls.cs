using System;
using System.Collections.Generic;
using System.Linq;

namespace Winnow.Benchmarking.Traces;

/// <summary>Calls of the references that ship, without a data set around them.</summary>
internal static class ReferenceCalls
{
    public static TraceDefinition Define(string name, string kind, (string Name, long? Value)[] axes, IReadOnlyList<TraceTensor> inputs, IReadOnlyList<TraceTensor> outputs) => new()
    {
        Name = name,
        OpType = kind,
        Axes = [.. axes.Select(axis => new TraceAxis(axis.Name, axis.Value))],
        Inputs = inputs,
        Outputs = outputs,
        Reference = "def run(): pass",
    };

    /// <summary>What the exact one computes.</summary>
    public static Dictionary<string, double[]> Compute(TraceDefinition definition, Dictionary<string, double[]> values, params (string Name, long Value)[] axes)
    {
        TraceReferenceCall call = Call(definition, values, axes);
        TraceReferences.Shipped().Find(definition)!.Exact!(call);
        return (Dictionary<string, double[]>)call.Outputs;
    }

    public static TraceReferenceCall Call(TraceDefinition definition, Dictionary<string, double[]> values, params (string Name, long Value)[] axes)
    {
        Dictionary<string, long> all = definition.Axes.Where(axis => axis.Value is not null).ToDictionary(axis => axis.Name, axis => axis.Value!.Value);
        foreach ((string name, long value) in axes)
        {
            all[name] = value;
        }

        Dictionary<string, double[]> outputs = definition.Outputs.ToDictionary(
            output => output.Name, output => Enumerable.Repeat(double.NaN, (int)output.Shape!.Aggregate(1L, (product, axis) => product * all[axis])).ToArray());
        return new TraceReferenceCall(definition, all, values, outputs);
    }

    public static double[] Numbers(int count, int seed)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (2 * random.NextDouble()) - 1)];
    }
}
