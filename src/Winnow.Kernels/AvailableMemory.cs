using System;
using System.Globalization;
using System.IO;

namespace Winnow.Kernels;

/// <summary>How much memory the system could still give this process.</summary>
internal static class AvailableMemory
{
    /// <summary>Free memory in bytes: the smaller of what the system and what the process's own limit leave.</summary>
    public static long Bytes()
    {
        // The runtime knows container limits but not how full the machine is; Linux tells the latter.
        GCMemoryInfo info = GC.GetGCMemoryInfo();
        long limit = info.TotalAvailableMemoryBytes - Environment.WorkingSet;
        return Math.Max(0, FromSystem() is long free ? Math.Min(limit, free) : limit);
    }

    private static long? FromSystem()
    {
        const string Source = "/proc/meminfo";
        if (!OperatingSystem.IsLinux() || !File.Exists(Source))
        {
            return null;
        }

        foreach (string line in File.ReadLines(Source))
        {
            if (line.StartsWith("MemAvailable:", StringComparison.Ordinal))
            {
                string kibibytes = line["MemAvailable:".Length..].Replace("kB", "", StringComparison.Ordinal).Trim();
                return long.Parse(kibibytes, CultureInfo.InvariantCulture) * 1024;
            }
        }

        return null;
    }
}
