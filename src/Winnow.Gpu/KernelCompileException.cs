using System.Collections.Generic;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Winnow.Gpu;

/// <summary>A kernel's source does not compile.</summary>
public sealed partial class KernelCompileException : WinnowException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="sourceName">The source.</param>
    /// <param name="options">The options that it was compiled with.</param>
    /// <param name="log">What the compiler said.</param>
    public KernelCompileException(string sourceName, IReadOnlyList<string> options, string log)
        : base($"{sourceName} does not compile with {string.Join(' ', options)}:\n{log.Trim()}")
    {
        (SourceName, Options, Log) = (sourceName, options, log);
        Match error = FirstError().Match(log);
        if (error.Success)
        {
            File = error.Groups["file"].Value;
            Line = int.Parse(error.Groups["line"].ValueSpan, CultureInfo.InvariantCulture);
        }
    }

    /// <summary>The source, for instance <c>norm/rms_norm.cu</c>.</summary>
    public string SourceName { get; }

    /// <summary>The options that it was compiled with.</summary>
    public IReadOnlyList<string> Options { get; }

    /// <summary>What the compiler said.</summary>
    public string Log { get; }

    /// <summary>Where the first error is: the source or one of its headers; empty where the log names no place.</summary>
    public string File { get; } = "";

    /// <summary>The line of the first error in <see cref="File"/>, from 1; 0 where the log names no place.</summary>
    public int Line { get; }

    [GeneratedRegex(@"^(?<file>[^\r\n(]+)\((?<line>\d{1,9})\): (?:catastrophic )?error", RegexOptions.Multiline)]
    private static partial Regex FirstError();
}
