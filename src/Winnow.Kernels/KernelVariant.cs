namespace Winnow.Kernels;

/// <summary>One kernel with its compile-time constants.</summary>
/// <param name="Source">The source's path below <c>kernels/</c>.</param>
/// <param name="Entry">The <c>extern "C"</c> entry point.</param>
/// <param name="SharedBytes">Dynamic shared memory that a launch of it may ask for.</param>
/// <param name="Definitions">Its constants as NAME=VALUE.</param>
public sealed record KernelVariant(string Source, string Entry, int SharedBytes, params string[] Definitions)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Source} {Entry} [{string.Join(' ', Definitions)}]";
}
