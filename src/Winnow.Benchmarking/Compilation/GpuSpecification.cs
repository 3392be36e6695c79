using System;
using System.Collections.Generic;
using System.Linq;

namespace Winnow.Benchmarking.Compilation;

/// <summary>What a GPU can do at most by its maker's published figures, and the limits that decide how many blocks a multiprocessor holds.</summary>
public sealed record GpuSpecification
{
    /// <summary>What options call it: <c>h200</c>.</summary>
    public required string Key { get; init; }

    /// <summary>What people call it.</summary>
    public required string Name { get; init; }

    /// <summary>What code for it is compiled for: <c>sm_90a</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>Streaming multiprocessors.</summary>
    public required int Multiprocessors { get; init; }

    /// <summary>Boost clock, hertz.</summary>
    public required double BoostHertz { get; init; }

    /// <summary>Device memory, bytes a second.</summary>
    public required double MemoryBytesPerSecond { get; init; }

    /// <summary>Second-level cache, bytes.</summary>
    public required long L2Bytes { get; init; }

    /// <summary>What the second-level cache delivers, bytes a clock; null where nothing is published.</summary>
    public double? L2BytesPerClock { get; init; }

    /// <summary>Dense products of 16-bit floats summed in 32 bits, operations a second.</summary>
    public required double TensorFlopsPerSecond { get; init; }

    /// <summary>32-bit float operations that a multiprocessor begins in a clock, of one thread each.</summary>
    public required int FloatLanes { get; init; }

    /// <summary>The same of 64-bit floats.</summary>
    public required int DoubleLanes { get; init; }

    /// <summary>The same of 32-bit integers.</summary>
    public int IntegerLanes { get; init; } = 64;

    /// <summary>The same of the special function unit.</summary>
    public int SpecialLanes { get; init; } = 16;

    /// <summary>Instructions of warps that a multiprocessor issues in a clock: one for each of its four schedulers.</summary>
    public int IssuesPerClock { get; init; } = 4;

    /// <summary>Shared memory of a multiprocessor, bytes.</summary>
    public required int SharedBytes { get; init; }

    /// <summary>Shared memory that the system takes for each block, bytes; a block can have <see cref="SharedBytes"/> less this.</summary>
    public int SystemSharedBytes { get; init; } = 1024;

    /// <summary>32-bit registers of a multiprocessor.</summary>
    public int Registers { get; init; } = 65_536;

    /// <summary>Most threads resident on a multiprocessor.</summary>
    public required int MaxThreads { get; init; }

    /// <summary>Most blocks resident on a multiprocessor.</summary>
    public required int MaxBlocks { get; init; }

    /// <summary>32-bit float operations a second; a fused multiply-add is two.</summary>
    public double FloatFlopsPerSecond => 2.0 * FloatLanes * Multiprocessors * BoostHertz;

    /// <summary>The GPUs that are known.</summary>
    /// <remarks>
    /// Sources: NVIDIA's architecture white papers and data sheets (A100 80GB SXM, GA102, Ada, L40S, H100, H200); the limits of a multiprocessor and its lanes are the
    /// tables "Technical Specifications per Compute Capability" and "Throughput of Native Arithmetic Instructions" of the CUDA C++ Programming Guide. Clocks are the
    /// ones that the published float peaks follow from; the H100's figure for tensor cores is one of 1.83 GHz. GeForce cards sum products of halves in 32 bits at half the rate of their headline figure.
    /// </remarks>
    public static IReadOnlyList<GpuSpecification> All { get; } =
    [
        // Memory 2039 GB/s, 312 TFLOP/s, 5120 bytes of L2 a clock: A100 white paper and the 80 GB data sheet.
        new()
        {
            Key = "a100", Name = "A100 80GB SXM", Architecture = "sm_80", Multiprocessors = 108, BoostHertz = 1.41e9, MemoryBytesPerSecond = 2039e9,
            L2Bytes = 40L << 20, L2BytesPerClock = 5120, TensorFlopsPerSecond = 312e12, FloatLanes = 64, DoubleLanes = 32,
            SharedBytes = 164 << 10, MaxThreads = 2048, MaxBlocks = 32,
        },

        // 35.6 TFLOP/s of floats, 71 of tensor cores with sums of 32 bits, 936 GB/s: GA102 white paper.
        new()
        {
            Key = "rtx3090", Name = "GeForce RTX 3090", Architecture = "sm_86", Multiprocessors = 82, BoostHertz = 1.695e9, MemoryBytesPerSecond = 936e9,
            L2Bytes = 6L << 20, TensorFlopsPerSecond = 71e12, FloatLanes = 128, DoubleLanes = 2,
            SharedBytes = 100 << 10, MaxThreads = 1536, MaxBlocks = 16,
        },

        // 82.6 TFLOP/s of floats, 165.2 of tensor cores with sums of 32 bits, 1008 GB/s, 72 MB of L2: Ada white paper.
        new()
        {
            Key = "rtx4090", Name = "GeForce RTX 4090", Architecture = "sm_89", Multiprocessors = 128, BoostHertz = 2.52e9, MemoryBytesPerSecond = 1008e9,
            L2Bytes = 72L << 20, TensorFlopsPerSecond = 165.2e12, FloatLanes = 128, DoubleLanes = 2,
            SharedBytes = 100 << 10, MaxThreads = 1536, MaxBlocks = 24,
        },

        // 91.6 TFLOP/s of floats, 362 of tensor cores, 864 GB/s: L40S data sheet; 96 MB of L2: Ada white paper, appendix on the L40.
        new()
        {
            Key = "l40s", Name = "L40S", Architecture = "sm_89", Multiprocessors = 142, BoostHertz = 2.52e9, MemoryBytesPerSecond = 864e9,
            L2Bytes = 96L << 20, TensorFlopsPerSecond = 362.05e12, FloatLanes = 128, DoubleLanes = 2,
            SharedBytes = 100 << 10, MaxThreads = 1536, MaxBlocks = 24,
        },

        // 66.9 TFLOP/s of floats, 989.4 of tensor cores, 3.35 TB/s, 50 MB of L2: H100 white paper and data sheet.
        new()
        {
            Key = "h100", Name = "H100 SXM", Architecture = "sm_90a", Multiprocessors = 132, BoostHertz = 1.98e9, MemoryBytesPerSecond = 3350e9,
            L2Bytes = 50L << 20, TensorFlopsPerSecond = 989.4e12, FloatLanes = 128, DoubleLanes = 64,
            SharedBytes = 228 << 10, MaxThreads = 2048, MaxBlocks = 32,
        },

        // As the H100 but for its memory, 4.8 TB/s: H200 data sheet; and 60 MB of L2, as the driver says.
        new()
        {
            Key = "h200", Name = "H200", Architecture = "sm_90a", Multiprocessors = 132, BoostHertz = 1.98e9, MemoryBytesPerSecond = 4800e9,
            L2Bytes = 60L << 20, TensorFlopsPerSecond = 989.4e12, FloatLanes = 128, DoubleLanes = 64,
            SharedBytes = 228 << 10, MaxThreads = 2048, MaxBlocks = 32,
        },
    ];

    /// <summary>A GPU by its key.</summary>
    /// <param name="key">For instance <c>h200</c>.</param>
    /// <exception cref="ArgumentException">There is no such GPU; the message lists those there are.</exception>
    public static GpuSpecification Find(string key) =>
        All.FirstOrDefault(gpu => gpu.Key == key)
            ?? throw new ArgumentException($"There is no GPU '{key}'; there are {string.Join(", ", All.Select(gpu => gpu.Key))}.", nameof(key));

    /// <summary>The first GPU that code for an architecture runs on; null where none is known.</summary>
    /// <param name="architecture">For instance <c>sm_80</c>.</param>
    public static GpuSpecification? ForArchitecture(string architecture)
    {
        ArgumentNullException.ThrowIfNull(architecture);
        return All.FirstOrDefault(gpu => gpu.Architecture.TrimEnd('a') == architecture.TrimEnd('a', 'f'));
    }
}
