using System;
using System.Collections.Generic;
using System.Linq;
using Winnow.Benchmarking.Compilation;

namespace Winnow.Benchmarking.Prediction;

/// <summary>How long a launch should take on a GPU at least. This is no measurement, see <see cref="KernelPredictor"/> for what it leaves out.</summary>
public sealed record KernelPrediction
{
    /// <summary>The kernel.</summary>
    public required string Kernel { get; init; }

    /// <summary>The GPU.</summary>
    public required GpuSpecification Gpu { get; init; }

    /// <summary>A time for each thing that can bound it.</summary>
    public required IReadOnlyList<PredictedBound> Bounds { get; init; }

    /// <summary>Blocks of the launch.</summary>
    public required long Blocks { get; init; }

    /// <summary>Blocks that a multiprocessor holds at a time; null where registers and block size are not known.</summary>
    public Occupancy? Occupancy { get; init; }

    /// <summary>The work of the busiest multiprocessor in proportion to the average; it is part of the bounds that multiprocessors set, not of memory and L2.</summary>
    public required double BusiestFactor { get; init; }

    /// <summary>Bytes between the GPU and its memory.</summary>
    public required double MemoryBytes { get; init; }

    /// <summary>Operations, those of tensor cores included.</summary>
    public required double Flops { get; init; }

    /// <summary>Operations of tensor cores.</summary>
    public required double TensorFlops { get; init; }

    /// <summary>How often multiprocessors that hold as many blocks as were profiled together are filled, one time after the other; 1 where all blocks run at once.</summary>
    public double Turns { get; init; } = 1;

    /// <summary>How often the GPU is filled with blocks; null where <see cref="Occupancy"/> is.</summary>
    public double? Waves => Occupancy is { Blocks: > 0 } occupancy ? (double)Blocks / ((long)occupancy.Blocks * Gpu.Multiprocessors) : null;

    /// <summary>The bound that takes longest.</summary>
    public PredictedBound Longest => Bounds.Where(bound => bound.Microseconds is not null).MaxBy(bound => bound.Microseconds)!;

    /// <summary>The predicted time.</summary>
    public double Microseconds => Longest.Microseconds!.Value;

    /// <summary>
    /// An estimate in the place of a bound: the longer of what the multiprocessors take, latency and what warps wait for each other included, and of device memory; and what a
    /// turn takes of the shorter one. Blocks that begin together wait for memory together, as if nothing ran beside it; those of later turns wait while others compute. A
    /// launch comes on top.
    /// </summary>
    public double EstimatedMicroseconds
    {
        get
        {
            double memory = Bounds.Where(bound => bound.Kind == BoundKind.Memory).Max(bound => bound.Microseconds) ?? 0;
            double others = Bounds.Where(bound => bound.Kind != BoundKind.Memory).Max(bound => bound.Microseconds ?? 0);
            return Math.Max(memory, others) + (Math.Min(memory, others) / Turns);
        }
    }

    /// <summary>Bytes of device memory a second in that time.</summary>
    public double BytesPerSecond => MemoryBytes / Microseconds * 1e6;

    /// <summary>Operations a second in that time.</summary>
    public double FlopsPerSecond => Flops / Microseconds * 1e6;
}
