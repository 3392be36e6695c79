namespace Winnow.Gpu;

/// <summary>A mark in a stream.</summary>
/// <param name="Handle">What the driver knows it by; 0 is none.</param>
public readonly record struct GpuEvent(nint Handle);
