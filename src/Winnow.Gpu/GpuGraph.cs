namespace Winnow.Gpu;

/// <summary>Recorded work, ready to be launched.</summary>
/// <param name="Handle">What the driver knows it by; 0 is none.</param>
public readonly record struct GpuGraph(nint Handle);
