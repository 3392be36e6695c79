using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Winnow.Benchmarking.Descriptions;

namespace Winnow.Benchmarking.Traces;

/// <summary>A workload worked out: lengths of all axes, shapes of all tensors.</summary>
internal sealed class TraceCase
{
    // Next to a tensor's own bytes: its values as doubles, as they came out, as they should be, and as a plain computation has them.
    private const int CheckingBytes = 3 * sizeof(double);

    /// <summary>Works a workload out.</summary>
    /// <param name="definition">Its definition.</param>
    /// <param name="trace">The workload.</param>
    /// <param name="availableBytes">Memory that there is on the host.</param>
    /// <exception cref="TraceFormatException">Axes are missing, unknown or contradict the definition, or tensors are larger than memory.</exception>
    public TraceCase(TraceDefinition definition, KernelTrace trace, long availableBytes)
    {
        (Definition, Trace) = (definition, trace);
        Axes = AxesOf();
        CheckInputs();
        CheckConstraints();
        CheckMemory(availableBytes);
    }

    /// <summary>What is to be computed.</summary>
    public TraceDefinition Definition { get; }

    /// <summary>The workload's line.</summary>
    public KernelTrace Trace { get; }

    /// <summary>The lengths of all axes.</summary>
    public IReadOnlyDictionary<string, long> Axes { get; }

    /// <summary>The dtypes of a definition that nothing here computes with; null where there is none.</summary>
    public static string? UnusableDTypes(TraceDefinition definition)
    {
        string[] names = [.. definition.Inputs.Concat(definition.Outputs).Where(tensor => tensor.DType.Element() is null).Select(tensor => tensor.DType.NameOf()).Distinct()];
        return names.Length == 0 ? null : $"nothing here computes with {string.Join(", ", names)}; there are {TraceDTypes.UsableNames}";
    }

    /// <summary>The shape of a tensor; empty for one value.</summary>
    public long[] ShapeOf(TraceTensor tensor) => [.. (tensor.Shape ?? []).Select(name => Axes[name])];

    /// <summary>How many values a tensor has.</summary>
    public long ElementsOf(TraceTensor tensor) => ShapeOf(tensor).Aggregate(1L, (product, length) => checked(product * length));

    /// <summary>An exception about a field of the workload.</summary>
    public TraceFormatException Problem(string field, string problem) => new(Trace.File, Trace.Line, "workload." + field, problem);

    private Dictionary<string, long> AxesOf()
    {
        var axes = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (TraceAxis axis in Definition.Axes)
        {
            bool isGiven = Trace.Workload.Axes.TryGetValue(axis.Name, out long given);
            axes[axis.Name] = axis.Value switch
            {
                null => isGiven ? given : throw Problem("axes." + axis.Name, $"this is missing: {Definition.Name} has no length of its own for it."),
                { } value => !isGiven || given == value ? value : throw Problem("axes." + axis.Name, $"this is {given}, and {Definition.Name} says {value}."),
            };
        }

        return Trace.Workload.Axes.Keys.FirstOrDefault(name => !axes.ContainsKey(name)) is { } unknown
            ? throw Problem("axes." + unknown, $"{Definition.Name} has no such axis; it has {string.Join(", ", axes.Keys)}.")
            : axes;
    }

    private void CheckInputs()
    {
        if (Trace.Workload.Inputs.Keys.FirstOrDefault(name => Definition.Inputs.All(input => input.Name != name)) is { } unknown)
        {
            throw Problem("inputs." + unknown, $"{Definition.Name} has no such input; it has {string.Join(", ", Definition.Inputs.Select(input => input.Name))}.");
        }

        if (Definition.Inputs.FirstOrDefault(input => !Trace.Workload.Inputs.ContainsKey(input.Name)) is { } missing)
        {
            throw Problem("inputs." + missing.Name, "this is missing: say random, scalar or safetensors.");
        }
    }

    /// <summary>Constraints are Python; those that compare arithmetic over axes are checked, those about values of tensors are not.</summary>
    private void CheckConstraints()
    {
        foreach (string constraint in Definition.Constraints)
        {
            string[] sides = constraint.Split("==");
            if (sides.Length == 2 && ValueOf(sides[0]) is { } left && ValueOf(sides[1]) is { } right && left != right)
            {
                throw Problem("axes", $"{Definition.Name} wants {constraint.Trim()}, and this is {left} and {right}.");
            }
        }
    }

    private long? ValueOf(string expression)
    {
        try
        {
            return Expression.Parse(expression).EvaluateInteger(Axes);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private void CheckMemory(long availableBytes)
    {
        double total = 0;
        foreach (TraceTensor tensor in Definition.Inputs.Concat(Definition.Outputs))
        {
            double elements = ShapeOf(tensor).Aggregate(1.0, (product, length) => product * length);
            total += elements * (tensor.DType.Element()!.Value.Bytes() + CheckingBytes);
            if (elements * tensor.DType.Element()!.Value.Bytes() > Array.MaxLength || total > availableBytes)
            {
                string size = total.ToString("0.00e+0", CultureInfo.InvariantCulture);
                throw Problem("axes", $"'{tensor.Name}' of {string.Join(" x ", ShapeOf(tensor))} needs more memory than there is, {size} of {availableBytes} bytes so far; make the axes smaller.");
            }
        }
    }
}
