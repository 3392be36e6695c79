using Winnow.Gpu;

namespace Winnow.Simulator.Execution;

/// <summary>The invented device: shaped like one of compute capability 8.0.</summary>
internal static class DeviceModel
{
    /// <summary>Streaming multiprocessors.</summary>
    public const int Multiprocessors = 108;

    /// <summary>Shared memory that every launch may have, bytes.</summary>
    public const int SharedBytesByDefault = 48 * 1024;

    /// <summary>Shared memory that a launch may have after asking for it, bytes.</summary>
    public const int MaxSharedBytes = 163 * 1024;

    /// <summary>Most threads of a block.</summary>
    public const int MaxThreads = 1024;

    /// <summary>What the device is and has.</summary>
    /// <param name="memoryBytes">Its memory.</param>
    public static GpuProperties Properties(long memoryBytes) => new()
    {
        Name = "Winnow PTX simulator",
        ComputeCapability = 80,
        DriverVersion = 12040,
        Multiprocessors = Multiprocessors,
        TotalBytes = memoryBytes,
        L2Bytes = 40L * 1024 * 1024,
        MaxSharedBytesPerBlock = MaxSharedBytes,
        SharedBytesPerMultiprocessor = 164 * 1024,
        RegistersPerMultiprocessor = 64 * 1024,
        MaxThreadsPerMultiprocessor = 2048,
    };
}
