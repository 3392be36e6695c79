namespace Winnow.Kernels;

/// <summary>How far compiling kernels has come.</summary>
/// <param name="Done">Kernels that are compiled.</param>
/// <param name="Total">Kernels that were missing.</param>
public readonly record struct KernelProgress(int Done, int Total);
