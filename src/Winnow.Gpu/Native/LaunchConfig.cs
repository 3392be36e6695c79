using System.Runtime.InteropServices;

namespace Winnow.Gpu.Native;

/// <summary>CUlaunchConfig.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct LaunchConfig
{
    public uint GridX;
    public uint GridY;
    public uint GridZ;
    public uint BlockX;
    public uint BlockY;
    public uint BlockZ;
    public uint SharedBytes;
    public nint Stream;
    public LaunchAttribute* Attributes;
    public uint Count;
}

/// <summary>CUlaunchAttribute, with as much of its value as is used.</summary>
[StructLayout(LayoutKind.Explicit, Size = 72)]
internal struct LaunchAttribute
{
    /// <summary>CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION: <see cref="X"/>, <see cref="Y"/> and <see cref="Z"/>.</summary>
    public const int ClusterDimension = 4;

    /// <summary>CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION: <see cref="X"/> is 1.</summary>
    public const int ProgrammaticStreamSerialization = 6;

    [FieldOffset(0)]
    public int Id;

    [FieldOffset(8)]
    public int X;

    [FieldOffset(12)]
    public int Y;

    [FieldOffset(16)]
    public int Z;
}
