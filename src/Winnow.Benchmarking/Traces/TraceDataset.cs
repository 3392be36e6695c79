using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace Winnow.Benchmarking.Traces;

/// <summary>
/// A FlashInfer-Trace data set: folders with <c>definitions/</c>, <c>solutions/</c> and <c>workloads/</c>, or single files of those. What is damaged is listed in
/// <see cref="Problems"/>, and the rest is there.
/// </summary>
public sealed class TraceDataset
{
    // Published sources are some ten kilobytes; what is a thousand times larger is something else.
    private const long MaxJsonBytes = 64L << 20;

    private readonly Dictionary<string, TraceDefinition> _definitions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TraceSolution> _solutions = new(StringComparer.Ordinal);
    private readonly List<KernelTrace> _workloads = [];
    private readonly List<TraceFormatException> _problems = [];
    private readonly HashSet<(string Definition, string Uuid)> _known = [];

    /// <summary>The definitions by name.</summary>
    public IReadOnlyDictionary<string, TraceDefinition> Definitions => _definitions;

    /// <summary>The solutions by name.</summary>
    public IReadOnlyDictionary<string, TraceSolution> Solutions => _solutions;

    /// <summary>The workloads, in the order of their files. Lines with an evaluation are results, and not among them.</summary>
    public IReadOnlyList<KernelTrace> Workloads => _workloads;

    /// <summary>What could not be read.</summary>
    public IReadOnlyList<TraceFormatException> Problems => _problems;

    /// <summary>The folder that paths of safetensors files are relative to.</summary>
    public string Root { get; private set; } = "";

    /// <summary>Reads folders and files.</summary>
    /// <param name="paths">
    /// Folders of data sets; <c>.json</c> files, each a definition or a solution by its fields; <c>.jsonl</c> files of workloads. Paths of safetensors files are relative
    /// to the first folder, else to the folder of the first file.
    /// </param>
    /// <exception cref="WinnowException">A path leads nowhere.</exception>
    public static TraceDataset Load(params IReadOnlyList<string> paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        var dataset = new TraceDataset();
        foreach (string path in paths)
        {
            if (Directory.Exists(path))
            {
                dataset.AddFolder(path);
            }
            else
            {
                dataset.AddFile(File.Exists(path) ? path : throw new WinnowException(
                    $"{path}: there is no such file or folder. A data set is a folder with definitions/, solutions/ and workloads/, or single .json and .jsonl files."));
            }
        }

        string? root = paths.FirstOrDefault(Directory.Exists) ?? Path.GetDirectoryName(Path.GetFullPath(paths.Count > 0 ? paths[0] : "."));
        dataset.Root = root ?? "";
        return dataset;
    }

    /// <summary>Adds a definition.</summary>
    /// <param name="definition">The definition.</param>
    /// <exception cref="TraceFormatException">There is one of its name.</exception>
    public void Add(TraceDefinition definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        if (!_definitions.TryAdd(definition.Name, definition))
        {
            throw new TraceFormatException(definition.File, 0, "name", $"there is a definition '{definition.Name}' already, in {_definitions[definition.Name].File}.");
        }
    }

    /// <summary>Adds a solution.</summary>
    /// <param name="solution">The solution.</param>
    /// <exception cref="TraceFormatException">There is one of its name.</exception>
    public void Add(TraceSolution solution)
    {
        ArgumentNullException.ThrowIfNull(solution);
        if (!_solutions.TryAdd(solution.Name, solution))
        {
            throw new TraceFormatException(solution.File, 0, "name", $"there is a solution '{solution.Name}' already, in {_solutions[solution.Name].File}.");
        }
    }

    /// <summary>Adds a workload.</summary>
    /// <param name="workload">The workload, without solution and evaluation.</param>
    /// <exception cref="TraceFormatException">There is one of its definition and uuid.</exception>
    public void Add(KernelTrace workload)
    {
        ArgumentNullException.ThrowIfNull(workload);
        if (!_known.Add((workload.Definition, workload.Workload.Uuid)))
        {
            throw new TraceFormatException(workload.File, workload.Line, "workload.uuid", $"'{workload.Workload.Uuid}' stands there twice.");
        }

        _workloads.Add(workload);
    }

    private void AddFolder(string path)
    {
        string[] parts = ["definitions", "solutions", "workloads"];
        if (!parts.Any(part => Directory.Exists(Path.Combine(path, part))))
        {
            throw new WinnowException($"{path}: this is no data set: it has no folder definitions, solutions or workloads.");
        }

        foreach (string file in Files(path, "definitions", "*.json"))
        {
            Try(file, () => Add(TraceReader.Definition(ReadText(file), file)));
        }

        foreach (string file in Files(path, "solutions", "*.json"))
        {
            Try(file, () => Add(TraceReader.Solution(ReadText(file), file)));
        }

        foreach (string file in Files(path, "workloads", "*.jsonl"))
        {
            AddLines(file);
        }
    }

    private void AddFile(string path)
    {
        if (path.EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase))
        {
            AddLines(path);
            return;
        }

        Try(path, () =>
        {
            string json = ReadText(path);
            if (TraceReader.IsSolution(json, path))
            {
                Add(TraceReader.Solution(json, path));
            }
            else
            {
                Add(TraceReader.Definition(json, path));
            }
        });
    }

    private void AddLines(string path) => Try(path, () =>
    {
        foreach (KernelTrace trace in TraceJson.ReadTraces(path, _problems.Add).Where(trace => trace.Evaluation is null))
        {
            Try(path, () => Add(trace));
        }
    });

    private void Try(string path, Action work)
    {
        try
        {
            work();
        }
        catch (TraceFormatException exception)
        {
            _problems.Add(exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _problems.Add(new TraceFormatException(path, 0, "", exception.Message));
        }
    }

    private static IEnumerable<string> Files(string root, string folder, string pattern)
    {
        string path = Path.Combine(root, folder);
        return Directory.Exists(path) ? Directory.EnumerateFiles(path, pattern, SearchOption.AllDirectories).Order(StringComparer.Ordinal) : [];
    }

    private static string ReadText(string path)
    {
        long bytes = new FileInfo(path).Length;
        return bytes <= MaxJsonBytes
            ? File.ReadAllText(path)
            : throw new TraceFormatException(path, 0, "", $"{bytes} bytes are more than a definition or a solution can have, {MaxJsonBytes}.");
    }
}
