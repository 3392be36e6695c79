using System.CommandLine;

namespace Winnow.Cli;

/// <summary>Options that every command understands.</summary>
internal static class CommonOptions
{
    public static Option<bool> Json { get; } = new("--json")
    {
        Description = "Write JSON, one object a line, for programs to read.",
        Recursive = true,
    };

    public static Option<bool> Verbose { get; } = new("--verbose")
    {
        Description = "Write log messages, and errors with all their details.",
        Recursive = true,
    };
}
