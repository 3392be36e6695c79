using System.Collections.Generic;

namespace Winnow.Gpu;

/// <summary>What was found when a native library was looked for.</summary>
public sealed record GpuProbe
{
    /// <summary>Whether it can be used.</summary>
    public bool IsUsable => Problem.Length == 0;

    /// <summary>Why it cannot be used, where it was sought, and what to do; empty where it can.</summary>
    public string Problem { get; init; } = "";

    /// <summary>The library's file; empty where none was loaded.</summary>
    public string Path { get; init; } = "";

    /// <summary>The library's CUDA version times a thousand, plus ten times the minor version: 12040 is 12.4; 0 where none was loaded.</summary>
    public int Version { get; init; }

    /// <summary>The devices that the CUDA driver sees, by ordinal, including those that are too old; empty for other libraries.</summary>
    public IReadOnlyList<GpuProperties> Devices { get; init; } = [];

    /// <summary><see cref="Version"/> for people: <c>12.4</c>; empty where no library was loaded.</summary>
    public string VersionText => Version == 0 ? "" : $"{Version / 1000}.{Version % 1000 / 10}";
}
