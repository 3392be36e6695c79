using System;
using System.Linq;
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

    /// <summary>Most threads of one multiprocessor.</summary>
    private const int ResidentThreads = 2048;

    /// <summary>Most blocks of one multiprocessor.</summary>
    private const int ResidentBlocks = 32;

    /// <summary>Shared memory that the device takes for itself of each block, bytes.</summary>
    private const int ReservedBytes = 1024;

    private const string Ampere = "compute_80";
    private const string Hopper = "compute_90a";

    /// <summary>The multiprocessors of each group (GPC) of an H200; the blocks of a cluster run within one.</summary>
    private static readonly int[] Groups = [16, 16, 16, 16, 16, 16, 18, 18];

    private readonly bool _isHopper;
    private readonly int _parts;

    /// <param name="architecture">What NVRTC compiles for.</param>
    /// <param name="parts">How many times fewer multiprocessors it has than others of its kind.</param>
    /// <exception cref="ArgumentException">There is no such device.</exception>
    public DeviceModel(string architecture, int parts = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(parts, 1);
        (Architecture, _parts) = (architecture, parts);
        _isHopper = architecture == Hopper;
        if (architecture is not (Ampere or Hopper))
        {
            throw new ArgumentException($"'{architecture}' is no architecture of the simulator; it has {Ampere} and {Hopper}.", nameof(architecture));
        }
    }

    /// <summary>What NVRTC compiles for.</summary>
    public string Architecture { get; }

    /// <summary>Streaming multiprocessors.</summary>
    public int Multiprocessors => Math.Max(1, (_isHopper ? 132 : 108) / _parts);

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
        SharedBytesPerMultiprocessor = MaxSharedBytes + ReservedBytes,
        RegistersPerMultiprocessor = Registers,
        MaxThreadsPerMultiprocessor = ResidentThreads,
    };

    /// <summary>How many clusters the device, which has them, holds at once; registers, which are not allocated here, are left out of account.</summary>
    /// <param name="blocks">The blocks of a cluster.</param>
    /// <param name="threads">The threads of a block.</param>
    /// <param name="sharedBytes">Shared memory of a block, static and dynamic.</param>
    public int ResidentClusters(int blocks, int threads, int sharedBytes)
    {
        int byThreads = ResidentThreads / ((threads + Warp.Lanes - 1) & -Warp.Lanes);
        int byMemory = (MaxSharedBytes + ReservedBytes) / (sharedBytes + ReservedBytes);
        int resident = Math.Min(ResidentBlocks, Math.Min(byThreads, byMemory));
        return Groups.Sum(processors => processors * resident / blocks) / _parts;
    }
}
