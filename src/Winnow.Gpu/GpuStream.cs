namespace Winnow.Gpu;

/// <summary>A stream of a <see cref="GpuDriver"/>: work in it is done in order.</summary>
/// <param name="Handle">What the driver knows it by; 0 is none.</param>
public readonly record struct GpuStream(nint Handle);
