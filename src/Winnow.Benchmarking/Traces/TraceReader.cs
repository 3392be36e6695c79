using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using Winnow.Benchmarking.Descriptions;

namespace Winnow.Benchmarking.Traces;

/// <summary>From JSON to definitions and solutions; what the schema does not have is refused by name and line.</summary>
internal static class TraceReader
{
    private static readonly string[] Languages = ["python", "triton", "cpp", "cuda", "tilelang"];

    /// <summary>Reads a definition.</summary>
    public static TraceDefinition Definition(string json, string file)
    {
        // Older files call op_type type.
        var fields = new TraceFields(Root(json, file, 1), file, "", "name, op_type, type, axes, inputs, outputs, reference, tags, description, constraints");
        var definition = new TraceDefinition
        {
            Name = fields.Text("name"),
            OpType = fields.Text(fields.Find("op_type") is null && fields.Find("type") is not null ? "type" : "op_type"),
            Axes = Axes(fields.Inner("axes", null)),
            Inputs = Tensors(fields.Inner("inputs", null)),
            Outputs = Tensors(fields.Inner("outputs", null)),
            Reference = fields.Text("reference"),
            Tags = fields.Texts("tags"),
            Description = fields.OptionalText("description"),
            Constraints = fields.Texts("constraints"),
            File = file,
        };
        Check(definition, fields);
        return definition;
    }

    /// <summary>Reads a solution.</summary>
    public static TraceSolution Solution(string json, string file)
    {
        var fields = new TraceFields(Root(json, file, 1), file, "", "name, definition, author, spec, sources, description");
        var solution = new TraceSolution
        {
            Name = fields.Text("name"),
            Definition = fields.Text("definition"),
            Author = fields.Text("author"),
            Spec = Spec(fields.Inner("spec", "language, target_hardware, entry_point, destination_passing_style, binding, dependencies")),
            Sources = Sources(fields),
            Description = fields.OptionalText("description"),
            File = file,
        };
        return solution.Sources.Any(source => source.Path == solution.Spec.EntryFile)
            ? solution
            : throw fields.Problem("spec", $"the entry point is in '{solution.Spec.EntryFile}', and sources has {string.Join(", ", solution.Sources.Select(source => source.Path))}.");
    }

    /// <summary>Whether a file holds a solution, by its fields.</summary>
    public static bool IsSolution(string json, string file) =>
        Root(json, file, 1).Members.Any(member => member.Key is "spec" or "sources" or "author");

    /// <summary>Reads any JSON.</summary>
    /// <exception cref="TraceFormatException">It is none.</exception>
    public static DescriptionNode Root(string json, string file, int firstLine)
    {
        try
        {
            return DescriptionNode.Read(json, firstLine);
        }
        catch (JsonException exception)
        {
            int line = DescriptionNode.LineOf(exception) + firstLine - 1;
            throw new TraceFormatException(file, line, "", $"this is no JSON: {DescriptionNode.ProblemOf(exception)}");
        }
    }

    private static List<TraceAxis> Axes(TraceFields fields)
    {
        var axes = new List<TraceAxis>();
        foreach ((string name, DescriptionNode node) in fields.All)
        {
            TraceFields axis = fields.Inner(node, name, "type, value, description");
            string type = axis.Text("type");
            if (type is not ("const" or "var"))
            {
                throw axis.Problem("type", $"'{type}' is no type of axis; there are const and var.");
            }

            if (type == "var" && axis.Find("value") is not null)
            {
                throw axis.Problem("value", "a var axis takes its value from the workload; a fixed one is const.");
            }

            axes.Add(new TraceAxis(name, type == "const" ? axis.Whole("value") : null, axis.OptionalText("description")));
        }

        return axes;
    }

    private static List<TraceTensor> Tensors(TraceFields fields)
    {
        var tensors = new List<TraceTensor>();
        foreach ((string name, DescriptionNode node) in fields.All)
        {
            TraceFields tensor = fields.Inner(node, name, "shape, dtype, description");
            string dtype = tensor.Text("dtype");
            bool hasShape = node.Members.Any(member => member.Key == "shape");
            tensors.Add(new TraceTensor(
                name,
                !hasShape ? throw tensor.Problem("shape", "this is missing; a number that is passed by value has null.")
                    : tensor.Find("shape") is null ? null : tensor.Texts("shape"),
                TraceDTypes.Find(dtype) ?? throw tensor.Problem("dtype", $"'{dtype}' is no dtype; there are {TraceDTypes.AllNames}."),
                tensor.OptionalText("description")));
        }

        return tensors;
    }

    private static void Check(TraceDefinition definition, TraceFields fields)
    {
        foreach ((string field, IReadOnlyList<TraceTensor> tensors) in new[] { ("inputs", definition.Inputs), ("outputs", definition.Outputs) })
        {
            foreach (TraceTensor tensor in tensors)
            {
                string? unknown = tensor.Shape?.FirstOrDefault(name => definition.Axes.All(axis => axis.Name != name));
                if (unknown is not null)
                {
                    throw fields.Problem(field, $"the shape of '{tensor.Name}' has '{unknown}', which is no axis; axes has {string.Join(", ", definition.Axes.Select(axis => axis.Name))}.");
                }
            }
        }

        if (definition.Outputs.Count == 0)
        {
            throw fields.Problem("outputs", "there are none, so there is nothing to compute.");
        }

        if (definition.Outputs.FirstOrDefault(output => definition.Inputs.Any(input => input.Name == output.Name)) is { } both)
        {
            throw fields.Problem("outputs", $"'{both.Name}' is an input as well; names must differ.");
        }
    }

    private static TraceBuildSpec Spec(TraceFields fields)
    {
        string language = fields.Text("language");
        string entry = fields.Text("entry_point");
        string? binding = fields.OptionalText("binding");
        string[] parts = entry.Split("::");
        IReadOnlyList<string> hardware = fields.Texts("target_hardware");
        return new TraceBuildSpec
        {
            Language = Languages.Contains(language) ? language : throw fields.Problem("language", $"'{language}' is no language; there are {string.Join(", ", Languages)}."),
            TargetHardware = hardware.Count > 0 ? hardware : throw fields.Problem("target_hardware", "this is missing: what it is for, [\"NVIDIA_H100\"]."),
            EntryPoint = parts.Length == 2 && parts.All(part => part.Length > 0) ? entry : throw fields.Problem("entry_point", $"'{entry}' should be file::function."),
            DestinationPassingStyle = fields.Flag("destination_passing_style") ?? true,
            Binding = binding is null or "tvm-ffi" or "torch" ? binding : throw fields.Problem("binding", $"'{binding}' is no binding; there are tvm-ffi and torch."),
            Dependencies = fields.Texts("dependencies"),
        };
    }

    private static List<TraceSource> Sources(TraceFields fields)
    {
        DescriptionNode list = fields.Require("sources");
        if (list.Kind != JsonTokenType.StartArray || list.Items.Count == 0)
        {
            throw fields.Problem("sources", "this should be a list of files, { \"path\": \"kernel.cu\", \"content\": \"...\" }.");
        }

        var sources = new List<TraceSource>();
        foreach (DescriptionNode item in list.Items)
        {
            TraceFields file = fields.Inner(item, $"sources[{sources.Count}]", "path, content");
            string path = file.Text("path");
            if (Path.IsPathRooted(path) || path.Split('/', '\\').Contains(".."))
            {
                throw file.Problem("path", $"'{path}' leads out of the solution.");
            }

            if (sources.Any(source => source.Path == path))
            {
                throw file.Problem("path", $"'{path}' stands there twice.");
            }

            sources.Add(new TraceSource(path, file.Text("content")));
        }

        return sources;
    }
}
