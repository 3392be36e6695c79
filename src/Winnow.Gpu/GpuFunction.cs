namespace Winnow.Gpu;

/// <summary>A kernel of a loaded image.</summary>
/// <param name="Handle">What the driver knows it by; 0 is none.</param>
public readonly record struct GpuFunction(nint Handle);
