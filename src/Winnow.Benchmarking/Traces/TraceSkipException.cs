using System;

namespace Winnow.Benchmarking.Traces;

/// <summary>A solution cannot be run here.</summary>
internal sealed class TraceSkipException(string reason, bool isDamaged = false) : Exception(reason)
{
    /// <summary>Whether that is because its input is damaged.</summary>
    public bool IsDamaged { get; } = isDamaged;
}
