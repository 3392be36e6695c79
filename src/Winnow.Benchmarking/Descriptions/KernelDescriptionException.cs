namespace Winnow.Benchmarking.Descriptions;

/// <summary>A kernel's description is wrong, or it does not fit the kernel.</summary>
public sealed class KernelDescriptionException : WinnowException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="file">Where the description is; empty for one made in code.</param>
    /// <param name="line">The line in it, from 1; 0 where unknown.</param>
    /// <param name="field">The field, for instance <c>arguments[2]</c>; empty where it is about the whole.</param>
    /// <param name="problem">What is wrong and what to do instead.</param>
    public KernelDescriptionException(string file, int line, string field, string problem)
        : base($"{(file.Length == 0 ? "the description" : file)}{(line > 0 ? $"({line})" : "")}: {(field.Length > 0 ? field + ": " : "")}{problem}")
    {
        (File, Line, Field) = (file, line, field);
    }

    /// <summary>Where the description is; empty for one made in code.</summary>
    public string File { get; }

    /// <summary>The line in <see cref="File"/>, from 1; 0 where unknown.</summary>
    public int Line { get; }

    /// <summary>The field, for instance <c>arguments[2]</c>; empty where it is about the whole.</summary>
    public string Field { get; }
}
