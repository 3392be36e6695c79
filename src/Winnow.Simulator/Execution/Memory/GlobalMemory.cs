using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using System.Threading;

namespace Winnow.Simulator.Execution.Memory;

/// <summary>
/// Device memory: native memory whose addresses are the device addresses, and the table of what is allocated. Looking up takes no lock.
/// </summary>
/// <param name="capacity">The most bytes that may be allocated.</param>
/// <param name="tracks">Whether it is written down which bytes were written.</param>
internal sealed unsafe class GlobalMemory(long capacity, bool tracks) : IDisposable
{
    private const int Alignment = 256;
    private const int RedZone = 256;
    private const int Remembered = 256;
    private const byte Poison = 0xFF;

    private readonly Lock _lock = new();
    private readonly Queue<Allocation> _freed = new();
    private Allocation[] _sorted = [];

    /// <summary>Bytes that are allocated.</summary>
    public long AllocatedBytes { get; private set; }

    /// <summary>Bytes that can still be allocated.</summary>
    public long FreeBytes => capacity - AllocatedBytes;

    /// <summary>How many allocations there are.</summary>
    public int Count => _sorted.Length;

    /// <summary>Allocates, with a red zone on both sides and undefined contents.</summary>
    /// <param name="bytes">The size.</param>
    /// <param name="name">What messages call it.</param>
    /// <param name="isReadOnly">Whether kernels may only read it.</param>
    /// <returns>Null where there is not enough.</returns>
    public Allocation? Allocate(long bytes, string name, bool isReadOnly = false)
    {
        lock (_lock)
        {
            if (bytes > FreeBytes)
            {
                return null;
            }

            nint block = (nint)NativeMemory.AlignedAlloc((nuint)bytes + (2 * RedZone), Alignment);
            ulong address = (ulong)block + RedZone;
            var allocation = new Allocation { Base = address, End = address + (ulong)bytes, Block = block, Name = name, IsReadOnly = isReadOnly };
            if (tracks)
            {
                Fill(allocation.Base, Poison, bytes);
                allocation.Written = (byte*)NativeMemory.AllocZeroed((nuint)bytes);
            }

            AllocatedBytes += bytes;
            Insert(allocation);
            return allocation;
        }
    }

    /// <summary>Writes down, from here on, which launch writes which bytes.</summary>
    /// <param name="isNew">Whether what was written down so far is forgotten.</param>
    public void RememberWriters(bool isNew)
    {
        lock (_lock)
        {
            foreach (Allocation allocation in _sorted)
            {
                if (allocation.Writers == null)
                {
                    allocation.Writers = (byte*)NativeMemory.AllocZeroed((nuint)allocation.Bytes);
                }
                else if (isNew)
                {
                    NativeMemory.Clear(allocation.Writers, (nuint)allocation.Bytes);
                }
            }
        }
    }

    /// <summary>Gives an allocation back.</summary>
    /// <param name="address">Its first address.</param>
    /// <returns>False where there is none.</returns>
    public bool Free(ulong address)
    {
        lock (_lock)
        {
            int index = IndexOf(_sorted, address);
            if (index < 0 || _sorted[index].Base != address)
            {
                return false;
            }

            Allocation allocation = _sorted[index];
            _sorted = [.. _sorted.AsSpan(0, index), .. _sorted.AsSpan(index + 1)];
            AllocatedBytes -= allocation.Bytes;
            if (_freed.Count == Remembered)
            {
                _freed.Dequeue();
            }

            _freed.Enqueue(allocation);
            Release(allocation);
            return true;
        }
    }

    /// <summary>The allocation that an address lies in, or follows at once; null where there is none.</summary>
    public Allocation? Find(ulong address)
    {
        Allocation[] sorted = Volatile.Read(ref _sorted);
        int index = IndexOf(sorted, address);
        return index >= 0 && address <= sorted[index].End ? sorted[index] : null;
    }

    /// <summary>What an address that is in no allocation is near to, for messages.</summary>
    /// <param name="address">The address.</param>
    /// <param name="isFreed">Whether it lies in what was given back.</param>
    public string Describe(ulong address, out bool isFreed)
    {
        Allocation? freed;
        lock (_lock)
        {
            freed = _freed.LastOrDefault(allocation => allocation.Contains(address, 1));
        }

        isFreed = freed is not null;
        if (freed is not null)
        {
            return $"byte {address - freed.Base} of {freed.Name}, which was given back";
        }

        Allocation[] sorted = _sorted;
        int index = IndexOf(sorted, address);
        ulong after = index < 0 ? ulong.MaxValue : address - sorted[index].End;
        ulong before = index + 1 == sorted.Length ? ulong.MaxValue : sorted[index + 1].Base - address;
        return (Math.Min(after, before) > long.MaxValue) switch
        {
            true => "there is no allocation near it",
            _ when after <= before => $"{after} bytes after the end of {sorted[index].Name}",
            _ => $"{before} bytes before the start of {sorted[index + 1].Name}",
        };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Allocation allocation in _sorted)
        {
            Release(allocation);
        }

        (_sorted, AllocatedBytes) = ([], 0);
    }

    /// <summary>Sets bytes, however many.</summary>
    public static void Fill(ulong address, byte value, long bytes) => NativeMemory.Fill((void*)address, (nuint)bytes, value);

    private static int IndexOf(Allocation[] sorted, ulong address)
    {
        (int low, int high) = (0, sorted.Length);
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = sorted[middle].Base <= address ? (middle + 1, high) : (low, middle);
        }

        return low - 1;
    }

    private static void Release(Allocation allocation)
    {
        NativeMemory.AlignedFree((void*)allocation.Block);
        NativeMemory.Free(allocation.Written);
        NativeMemory.Free(allocation.Writers);
        allocation.Written = null;
        allocation.Writers = null;
    }

    private void Insert(Allocation allocation)
    {
        int index = IndexOf(_sorted, allocation.Base) + 1;
        _sorted = [.. _sorted.AsSpan(0, index), allocation, .. _sorted.AsSpan(index)];
    }
}
