using System;
using Winnow.Gpu;

namespace Winnow.Simulator.Execution;

/// <summary>The invented device: shaped like one of compute capability 8.0 or 9.0.</summary>
internal sealed class DeviceModel
{
    /// <summary>Shared memory that every launch may have, bytes.</summary>
    public const int SharedBytesByDefault = 48 * 1024;

    /// <summary>Most threads of a block.</summary>
    public const int MaxThreads = 1024;

    /// <summary>32-bit registers of one multiprocessor, which are the most that a block may have.</summary>
    public const int Registers = 64 * 1024;

    private const string Ampere = "compute_80";
    private const string Hopper = "compute_90a";

    private readonly bool _isHopper;

    /// <param name="architecture">What NVRTC compiles for.</param>
    /// <exception cref="ArgumentException">There is no such device.</exception>
    public DeviceModel(string architecture)
    {
        Architecture = architecture;
        _isHopper = architecture == Hopper;
        if (architecture is not (Ampere or Hopper))
        {
            throw new ArgumentException($"'{architecture}' is no architecture of the simulator; it has {Ampere} and {Hopper}.", nameof(architecture));
        }
    }

    /// <summary>What NVRTC compiles for.</summary>
    public string Architecture { get; }

    /// <summary>Streaming multiprocessors.</summary>
    public int Multiprocessors => _isHopper ? 132 : 108;

    /// <summary>Shared memory that a launch may have after asking for it, bytes.</summary>
    public int MaxSharedBytes => (_isHopper ? 227 : 163) * 1024;

    /// <summary>What the device is and has.</summary>
    /// <param name="memoryBytes">Its memory.</param>
    public GpuProperties Properties(long memoryBytes) => new()
    {
        Name = "Winnow PTX simulator",
        ComputeCapability = _isHopper ? 90 : 80,
        DriverVersion = 12040,
        Multiprocessors = Multiprocessors,
        TotalBytes = memoryBytes,
        L2Bytes = (_isHopper ? 50L : 40L) * 1024 * 1024,
        MaxSharedBytesPerBlock = MaxSharedBytes,
        SharedBytesPerMultiprocessor = MaxSharedBytes + 1024,
        RegistersPerMultiprocessor = Registers,
        MaxThreadsPerMultiprocessor = 2048,
    };
}
