namespace Winnow.Kernels.Bench;

/// <summary>What one call of a benchmark moves and computes at least.</summary>
/// <param name="Bytes">Bytes that must come from memory or go there.</param>
/// <param name="Flops">Floating-point operations; a multiply-add is two.</param>
/// <param name="Threads">How many threads share them.</param>
public readonly record struct Cost(double Bytes, double Flops, int Threads);
