namespace Winnow.Gpu;

/// <summary>What a device is and has.</summary>
public sealed record GpuProperties
{
    /// <summary>Its name, for people.</summary>
    public required string Name { get; init; }

    /// <summary>Compute capability times ten: 80, 86, 89, 90.</summary>
    public required int ComputeCapability { get; init; }

    /// <summary>Whether the kernels run on it: they need compute capability 8.0 (Ampere).</summary>
    public bool IsSupported => ComputeCapability >= 80;

    /// <summary>The driver's CUDA version times a thousand, plus ten times the minor version: 12040 is 12.4.</summary>
    public required int DriverVersion { get; init; }

    /// <summary>Streaming multiprocessors.</summary>
    public required int Multiprocessors { get; init; }

    /// <summary>Device memory, bytes.</summary>
    public required long TotalBytes { get; init; }

    /// <summary>Second-level cache, bytes.</summary>
    public required long L2Bytes { get; init; }

    /// <summary>Most shared memory of one block, bytes.</summary>
    public required int MaxSharedBytesPerBlock { get; init; }

    /// <summary>Shared memory of one multiprocessor, bytes.</summary>
    public required int SharedBytesPerMultiprocessor { get; init; }

    /// <summary>32-bit registers of one multiprocessor.</summary>
    public required int RegistersPerMultiprocessor { get; init; }

    /// <summary>Most threads resident on one multiprocessor.</summary>
    public required int MaxThreadsPerMultiprocessor { get; init; }
}
