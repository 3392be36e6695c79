using System;

namespace Winnow.Benchmarking.Traces;

/// <summary>The schema's names of statuses.</summary>
internal static class TraceStatuses
{
    private static readonly string[] Names = ["PASSED", "INCORRECT_SHAPE", "INCORRECT_NUMERICAL", "INCORRECT_DTYPE", "RUNTIME_ERROR", "COMPILE_ERROR", "TIMEOUT"];

    /// <summary>The names, for messages.</summary>
    public static string AllNames => string.Join(", ", Names);

    /// <summary>The name, as the schema has it.</summary>
    public static string NameOf(this TraceStatus status) => Names[(int)status];

    /// <summary>Finds a status by the schema's name.</summary>
    public static TraceStatus? Find(string name) => Array.IndexOf(Names, name) is >= 0 and int index ? (TraceStatus)index : null;
}
