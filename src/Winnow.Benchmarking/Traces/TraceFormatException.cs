namespace Winnow.Benchmarking.Traces;

/// <summary>A file of a FlashInfer-Trace data set is wrong, or something in it asks for what cannot be.</summary>
public sealed class TraceFormatException : WinnowException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="file">The file; empty for text.</param>
    /// <param name="line">The line in it, from 1; 0 where unknown.</param>
    /// <param name="field">The field, for instance <c>workload.axes.M</c>; empty where it is about the whole.</param>
    /// <param name="problem">What is wrong and what to do instead.</param>
    public TraceFormatException(string file, int line, string field, string problem)
        : base($"{(file.Length == 0 ? "the text" : file)}{(line > 0 ? $"({line})" : "")}: {(field.Length > 0 ? field + ": " : "")}{problem}")
    {
        (File, Line, Field) = (file, line, field);
    }

    /// <summary>The file; empty for text.</summary>
    public string File { get; }

    /// <summary>The line in <see cref="File"/>, from 1; 0 where unknown.</summary>
    public int Line { get; }

    /// <summary>The field; empty where it is about the whole.</summary>
    public string Field { get; }
}
