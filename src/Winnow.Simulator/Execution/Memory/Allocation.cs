using System;

namespace Winnow.Simulator.Execution.Memory;

/// <summary>A range of global addresses that kernels may use.</summary>
internal sealed unsafe class Allocation
{
    /// <summary>Its first address.</summary>
    public required ulong Base { get; init; }

    /// <summary>The address after its last.</summary>
    public required ulong End { get; init; }

    /// <summary>What was allocated natively; 0 where the memory belongs to others.</summary>
    public nint Block { get; init; }

    /// <summary>What messages call it.</summary>
    public required string Name { get; init; }

    /// <summary>Whether kernels may only read it.</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>A byte for each byte: 0 until something wrote it; null where nothing is written down.</summary>
    public byte* Written { get; set; }

    /// <summary>Whether all of it was written, so that <see cref="Written"/> need not be asked.</summary>
    public bool IsWritten { get; set; }

    /// <summary>For each byte the launch that wrote it last, see <see cref="LaunchOrder"/>; null where nobody asks.</summary>
    public byte* Writers { get; set; }

    /// <summary>Its size.</summary>
    public long Bytes => (long)(End - Base);

    /// <summary>Whether a range lies in it.</summary>
    public bool Contains(ulong address, ulong bytes) => address >= Base && address <= End && bytes <= End - address;

    /// <summary>Notes that a range was written.</summary>
    public void MarkWritten(ulong address, long bytes)
    {
        if (Written == null || IsWritten)
        {
            return;
        }

        if (bytes == Bytes)
        {
            IsWritten = true;
            return;
        }

        byte* at = Written + (address - Base);
        for (long done = 0; done < bytes;)
        {
            int part = (int)Math.Min(bytes - done, int.MaxValue);
            new Span<byte>(at + done, part).Fill(1);
            done += part;
        }
    }
}
