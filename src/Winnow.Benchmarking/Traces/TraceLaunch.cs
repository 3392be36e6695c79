using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using Winnow.Benchmarking.Descriptions;
using Winnow.Gpu;

namespace Winnow.Benchmarking.Traces;

/// <summary>
/// How the kernel of a CUDA solution is launched. The schema leaves that to host code, which is not run here; a source <c>winnow.json</c> says it instead, as a
/// <see cref="KernelDescription"/> over the axes of the definition, whose tensors are arguments by their bare names.
/// </summary>
internal sealed class TraceLaunch
{
    private const string DescriptionName = "winnow.json";
    private const string Fields = "definitions, axes, grid, block, shared, arguments, flops";

    private readonly TraceSolution _solution;
    private readonly TraceCase _problem;
    private readonly IReadOnlyDictionary<string, TraceTensorData> _inputs;

    private TraceLaunch(TraceSolution solution, TraceCase problem, IReadOnlyDictionary<string, TraceTensorData> inputs)
    {
        (_solution, _problem, _inputs) = (solution, problem, inputs);
    }

    /// <summary>Why a solution cannot be run; null where it can.</summary>
    public static string? WhyNot(TraceSolution solution)
    {
        if (solution.Spec.Language != "cuda")
        {
            return $"solutions in {solution.Spec.Language} are not run here: their host code is not C#; CUDA with a {DescriptionName} is";
        }

        return !solution.Sources.Any(source => source.Path == DescriptionName)
            ? $"CUDA solutions whose host code launches the kernel are not run here; a source {DescriptionName} with grid and block makes one that is"
            : !solution.Spec.EntryFile.EndsWith(".cu", StringComparison.OrdinalIgnoreCase)
                ? $"the entry point of a CUDA solution with a {DescriptionName} must be the kernel, kernel.cu::name; host code is not run here"
                : null;
    }

    /// <summary>The launch for one workload.</summary>
    /// <param name="solution">The solution.</param>
    /// <param name="problem">The workload.</param>
    /// <param name="inputs">Its inputs.</param>
    /// <param name="includeFolders">Where headers are sought that the solution does not bring along.</param>
    /// <exception cref="KernelDescriptionException">The description is damaged or does not fit the definition.</exception>
    /// <exception cref="TraceFailureException">An output is declared with another type or shape.</exception>
    public static KernelDescription Of(
        TraceSolution solution, TraceCase problem, IReadOnlyDictionary<string, TraceTensorData> inputs, IReadOnlyList<string> includeFolders) =>
        new TraceLaunch(solution, problem, inputs).Create(includeFolders);

    private KernelDescription Create(IReadOnlyList<string> includeFolders)
    {
        string json = _solution.Sources.First(source => source.Path == DescriptionName).Content;
        string file = (_solution.File.Length > 0 ? _solution.File : _solution.Name) + "/" + DescriptionName;
        Check(json, file);
        var outer = new KernelDescription
        {
            Source = SourceOf(includeFolders),
            Kernel = _solution.Spec.EntryFunction,
            Axes = _problem.Axes,
            Grid = [],
            Block = [],
            Arguments = [.. _problem.Definition.Inputs.Concat(_problem.Definition.Outputs).Select(tensor => tensor.Name)],
        };
        KernelDescription description = new DescriptionReader(file, null, []).Read(json, outer);
        foreach ((string field, IReadOnlyList<string> extent) in new[] { ("grid", description.Grid), ("block", description.Block) })
        {
            if (extent.Count == 0)
            {
                throw description.Problem(field, "this is missing: expressions over the axes, \"ceil_div(M, 64)\".");
            }
        }

        description = description with
        {
            Arguments = [.. description.Arguments.Select((line, index) => Line(description, line, index))],
            Data = _inputs.Where(input => !IsNumber(input.Key)).ToDictionary(input => input.Key, input => input.Value.Buffer, StringComparer.Ordinal),
        };
        CheckTensors(description);
        return description;
    }

    private void Check(string json, string file)
    {
        DescriptionNode root = DescriptionNode.Parse(json, file);
        foreach ((string name, DescriptionNode node) in root.Members)
        {
            if (!Fields.Split(", ").Contains(name))
            {
                throw new KernelDescriptionException(file, node.Line, name, $"a description within a solution has no such field; there are {Fields}.");
            }

            if (name == "axes" && node.Members.FirstOrDefault(axis => _problem.Axes.ContainsKey(axis.Key)).Key is { } twice)
            {
                throw new KernelDescriptionException(file, node.Line, "axes." + twice, $"{_problem.Definition.Name} has this axis and says what it is.");
            }
        }
    }

    private KernelSource SourceOf(IReadOnlyList<string> includeFolders)
    {
        TraceSource entry = _solution.Sources.First(source => source.Path == _solution.Spec.EntryFile);
        string all = string.Join('\n', _solution.Sources.Where(source => source.Path != DescriptionName).Select(source => source.Content));
        var headers = new Dictionary<string, string>(KernelFile.FromText(all, "", includeFolders).Headers, StringComparer.Ordinal);
        foreach (TraceSource source in _solution.Sources.Where(source => source != entry))
        {
            headers[source.Path] = source.Content;
            headers[Path.GetFileName(source.Path)] = source.Content;
        }

        TraceIncludes.Close(_solution.Sources.Where(source => source.Path != DescriptionName), headers);
        return new KernelSource(entry.Path, entry.Content, headers);
    }

    private bool IsNumber(string name) => _problem.Definition.Inputs.Any(input => input.Name == name && input.Shape is null);

    /// <summary>A bare name stands for the definition's tensor; a whole line stays as it is.</summary>
    private string Line(KernelDescription description, string line, int index)
    {
        string name = line.Trim();
        if (name.Any(letter => !char.IsAsciiLetterOrDigit(letter) && letter != '_'))
        {
            return line;
        }

        TraceTensor? input = _problem.Definition.Inputs.FirstOrDefault(input => input.Name == name);
        TraceTensor tensor = input ?? _problem.Definition.Outputs.FirstOrDefault(output => output.Name == name)
            ?? throw description.Problem($"arguments[{index}]", $"{_problem.Definition.Name} has no input and no output '{name}'; a whole line, \"{name}: i32 = 1\", is an argument of its own.");
        string type = tensor.DType.Element()!.Value.NameOf();
        if (input is { Shape: null })
        {
            double value = _inputs[name].ToDoubles()[0];
            return double.IsFinite(value)
                ? string.Create(CultureInfo.InvariantCulture, $"{name}: {type} = {value:R}")
                : throw description.Problem($"arguments[{index}]", $"'{name}' is {value}, which cannot be passed by value.");
        }

        string shape = tensor.Shape is { Count: > 0 } ? string.Join(", ", tensor.Shape) : "1";
        return $"{(input is null ? "out" : "in")} {name}: {type}[{shape}]";
    }

    private void CheckTensors(KernelDescription description)
    {
        LaunchPlan plan = description.Plan();
        for (int i = 0; i < plan.Arguments.Count; i++)
        {
            if (plan.Arguments[i].Text.Initial.Kind == InitializerKind.File)
            {
                throw description.Problem($"arguments[{i}]", $"'{plan.Arguments[i].Name}' takes its values from a file of this machine; what a solution reads are the inputs of the workload.");
            }
        }

        foreach (PlannedArgument argument in plan.Arguments.Where(argument => _inputs.ContainsKey(argument.Name)))
        {
            string field = $"arguments[{plan.Arguments.ToList().IndexOf(argument)}]";
            TraceTensor input = _problem.Definition.Inputs.First(input => input.Name == argument.Name);
            bool isMemory = input.Shape is not null;
            bool isOther = argument.IsMemory != isMemory || argument.Direction == ArgumentDirection.Out || argument.Type != input.DType.Element() || !HasShape(argument, input);
            if (isOther || (!isMemory && argument.Type.Round(argument.Value) != _inputs[argument.Name].ToDoubles()[0]))
            {
                throw description.Problem(field, $"{argument}{(argument.IsMemory ? "" : $" = {argument.Value}")} is not what {_problem.Definition.Name} has, {Text(input)}{(isMemory ? "" : " of the workload")}; write the bare name, \"{argument.Name}\".");
            }
        }

        foreach (TraceTensor output in _problem.Definition.Outputs)
        {
            PlannedArgument argument = plan.Arguments.FirstOrDefault(argument => argument.Name == output.Name && argument.IsWritten)
                ?? throw description.Problem("arguments", $"none of them is the output '{output.Name}'.");
            if (argument.Type != output.DType.Element())
            {
                throw new TraceFailureException(TraceStatus.IncorrectDType, $"the kernel gives {argument}, and {_problem.Definition.Name} wants {Text(output)}.");
            }

            if (!HasShape(argument, output))
            {
                throw new TraceFailureException(TraceStatus.IncorrectShape, $"the kernel gives {argument}, and {_problem.Definition.Name} wants {Text(output)}.");
            }
        }
    }

    private bool HasShape(PlannedArgument argument, TraceTensor tensor)
    {
        long[] shape = _problem.ShapeOf(tensor);
        return argument.Shape.SequenceEqual(shape.Length == 0 && argument.IsMemory ? [1] : shape);
    }

    private string Text(TraceTensor tensor) => $"{tensor.Name}: {tensor.DType.Element()!.Value.NameOf()}{(tensor.Shape is null ? "" : $"[{string.Join(", ", _problem.ShapeOf(tensor))}]")}";
}
