using System;

namespace Winnow.Kernels;

/// <summary>One kernel with its compile-time constants.</summary>
/// <param name="Source">The source's path below <c>kernels/</c>.</param>
/// <param name="Entry">The <c>extern "C"</c> entry point.</param>
/// <param name="SharedBytes">Dynamic shared memory that a launch of it may ask for.</param>
/// <param name="Definitions">Its constants as NAME=VALUE.</param>
public sealed record KernelVariant(string Source, string Entry, int SharedBytes, params string[] Definitions)
{
    /// <summary>The only compute capability that has what the kernel uses, as architectures end: <c>90a</c>; null for all of them.</summary>
    public string? Requires { get; init; }

    /// <summary>Blocks of a cluster that a launch of it may ask for; 0 where it has none.</summary>
    public int ClusterBlocks { get; init; }

    /// <summary>Whether the kernel compiles for an architecture.</summary>
    /// <param name="architecture">For instance <c>sm_90a</c> or <c>compute_80</c>.</param>
    public bool CompilesFor(string architecture)
    {
        ArgumentNullException.ThrowIfNull(architecture);
        return Requires is null || architecture.EndsWith($"_{Requires}", StringComparison.Ordinal);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Source} {Entry} [{string.Join(' ', Definitions)}]";
}
