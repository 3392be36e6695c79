using System;
using System.Collections.Generic;
using System.IO;

namespace Winnow.Benchmarking.Traces;

/// <summary>
/// The FlashInfer-Trace JSON schema, read and written: definitions, solutions, and lines of workloads and traces. Reading is strict: unknown fields and values
/// are refused with file, line and field. What is read and written again is equal.
/// </summary>
public static class TraceJson
{
    /// <summary>Reads a definition.</summary>
    /// <param name="json">The text of a <c>definitions/**.json</c> file.</param>
    /// <param name="file">What it is called in messages.</param>
    /// <exception cref="TraceFormatException">It is damaged.</exception>
    public static TraceDefinition ParseDefinition(string json, string file = "")
    {
        ArgumentNullException.ThrowIfNull(json);
        return TraceReader.Definition(json, file);
    }

    /// <summary>Reads a solution.</summary>
    /// <param name="json">The text of a <c>solutions/**.json</c> file.</param>
    /// <param name="file">What it is called in messages.</param>
    /// <exception cref="TraceFormatException">It is damaged.</exception>
    public static TraceSolution ParseSolution(string json, string file = "")
    {
        ArgumentNullException.ThrowIfNull(json);
        return TraceReader.Solution(json, file);
    }

    /// <summary>Reads one line of a workload or of a trace.</summary>
    /// <param name="json">The line.</param>
    /// <param name="file">What the file is called in messages.</param>
    /// <param name="line">The number of the line, from 1.</param>
    /// <exception cref="TraceFormatException">It is damaged.</exception>
    public static KernelTrace ParseTrace(string json, string file = "", int line = 1)
    {
        ArgumentNullException.ThrowIfNull(json);
        return TraceLineReader.Read(json, file, line);
    }

    /// <summary>Reads the lines of a file; a damaged one is told, and the rest goes on.</summary>
    /// <param name="path">The <c>.jsonl</c> file.</param>
    /// <param name="problem">Takes what is wrong with a line.</param>
    public static IEnumerable<KernelTrace> ReadTraces(string path, Action<TraceFormatException> problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        int line = 0;
        foreach (string text in File.ReadLines(path))
        {
            line++;
            if (string.IsNullOrWhiteSpace(text))
            {
                continue;
            }

            KernelTrace? trace = null;
            try
            {
                trace = ParseTrace(text, path, line);
            }
            catch (TraceFormatException exception)
            {
                problem(exception);
            }

            if (trace is not null)
            {
                yield return trace;
            }
        }
    }

    /// <summary>The schema's word for a status: <c>INCORRECT_NUMERICAL</c>.</summary>
    /// <param name="status">The status.</param>
    public static string NameOf(TraceStatus status) => TraceStatuses.NameOf(status);

    /// <summary>Writes a definition as a <c>definitions/**.json</c> file has it.</summary>
    /// <param name="definition">The definition.</param>
    public static string Write(TraceDefinition definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        return TraceWriter.Write(definition);
    }

    /// <summary>Writes a solution as a <c>solutions/**.json</c> file has it.</summary>
    /// <param name="solution">The solution.</param>
    public static string Write(TraceSolution solution)
    {
        ArgumentNullException.ThrowIfNull(solution);
        return TraceWriter.Write(solution);
    }

    /// <summary>Writes a trace on one line, without the line's end.</summary>
    /// <param name="trace">The trace, or the workload alone.</param>
    public static string Write(KernelTrace trace)
    {
        ArgumentNullException.ThrowIfNull(trace);
        return TraceWriter.Write(trace);
    }
}
