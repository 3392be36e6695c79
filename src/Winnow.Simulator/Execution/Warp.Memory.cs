using System;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Winnow.Simulator.Execution.Memory;

namespace Winnow.Simulator.Execution;

/// <content>Accesses to memory: whether they are allowed, and where they go.</content>
internal sealed unsafe partial class Warp
{
    private byte* _local;
    private byte* _localWritten;
    private int _localBytes;
    private int _localCapacity;

    /// <summary>Whether all lanes took part in the last access, each next to the one before: one piece of memory.</summary>
    public bool IsSequence { get; private set; }

    /// <summary>Replaces global addresses by pointers, which are the same once they are known to lie in an allocation.</summary>
    public void ResolveGlobal(uint lanes, int bytes, Access access)
    {
        Bounds bounds = Bounds.Of(Addresses, lanes);
        IsSequence = bounds.IsSequence(Addresses, lanes, bytes);
        if ((bounds.Union & (ulong)(bytes - 1)) != 0)
        {
            throw Misaligned(lanes, bytes);
        }

        ref Allocation? cached = ref Block.CachedAllocation(Pc);
        if (cached is null || bounds.Lowest < cached.Base || bounds.Highest > cached.End - (ulong)bytes)
        {
            if (Block.Find(bounds.Lowest) is not Allocation found || !found.Contains(bounds.Highest, (ulong)bytes))
            {
                ResolveApart(lanes, bytes, access);
                return;
            }

            cached = found;
        }

        if (Block.Counters is { } counters && !cached.IsReadOnly)
        {
            CountGlobal(counters, lanes, bytes, access);
        }

        if ((access & Access.Orders) != 0)
        {
            Block.Order(this);
        }

        if (!cached.IsWritten || cached.IsReadOnly)
        {
            CheckGlobal(cached, lanes, bytes, access);
        }

        Block.LaunchOrder?.Check(this, cached, lanes, bytes, access);
        Block.BlockOrder?.Check(this, cached, lanes, bytes, access);
    }

    /// <summary>Replaces addresses in shared memory by pointers.</summary>
    public void ResolveShared(uint lanes, int bytes, Access access)
    {
        ulong* addresses = Addresses;
        Bounds bounds = Bounds.Of(addresses, lanes);
        IsSequence = bounds.IsSequence(addresses, lanes, bytes);
        if ((bounds.Union & (ulong)(bytes - 1)) != 0)
        {
            throw Misaligned(lanes, bytes);
        }

        if (bounds.Highest + (ulong)bytes > (ulong)Block.SharedBytes || bounds.Highest > int.MaxValue)
        {
            throw OutsideShared(lanes, bytes, access);
        }

        if (Block.Counters is { } counters)
        {
            CountShared(counters, lanes, bytes);
        }

        if (Block.Launch.Checks)
        {
            Block.CheckShared(this, lanes, bytes, access);
        }

        Add((ulong)Block.Shared);
    }

    /// <summary>Replaces addresses in local memory by pointers.</summary>
    public void ResolveLocal(uint lanes, int bytes, Access access)
    {
        ulong* addresses = Addresses;
        Bounds bounds = Bounds.Of(addresses, lanes);
        IsSequence = false;
        if ((bounds.Union & (ulong)(bytes - 1)) != 0)
        {
            throw Misaligned(lanes, bytes);
        }

        if (bounds.Highest + (ulong)bytes > (ulong)_localBytes || bounds.Highest > int.MaxValue)
        {
            throw OutsideLocal(lanes, bytes, access);
        }

        if (Block.Counters is { } counters)
        {
            CountLocal(counters, lanes, bytes, access);
        }

        if (Block.Launch.Checks)
        {
            CheckLocal(lanes, bytes, access);
        }

        for (int lane = 0; lane < Lanes; lane++)
        {
            addresses[lane] += (ulong)_local + (ulong)(lane * _localBytes);
        }
    }

    /// <summary>Replaces generic addresses by pointers.</summary>
    public void ResolveGeneric(uint lanes, int bytes, Access access)
    {
        ulong* addresses = Addresses;
        ulong window = addresses[BitOperations.TrailingZeroCount(lanes)] >> AddressSpaces.WindowShift;
        uint same = InWindow(addresses, window);
        if ((lanes & ~same) == 0)
        {
            ResolveWindow(window, lanes, bytes, access);
            return;
        }

        // Lanes that access different spaces go one space after the other.
        ulong* resolved = stackalloc ulong[Lanes];
        ulong* original = stackalloc ulong[Lanes];
        new Span<ulong>(addresses, Lanes).CopyTo(new Span<ulong>(original, Lanes));
        for (uint left = lanes; left != 0; left &= ~same)
        {
            window = original[BitOperations.TrailingZeroCount(left)] >> AddressSpaces.WindowShift;
            same = InWindow(original, window) & left;
            new Span<ulong>(original, Lanes).CopyTo(new Span<ulong>(addresses, Lanes));
            ResolveWindow(window, same, bytes, access);
            Keep(resolved, addresses, same);
        }

        Keep(addresses, resolved, lanes);
        IsSequence = false;
    }

    private void ResolveWindow(ulong window, uint lanes, int bytes, Access access)
    {
        switch (window)
        {
            case AddressSpaces.Shared >> AddressSpaces.WindowShift:
                Add(~AddressSpaces.Shared + 1);
                ResolveCluster(lanes, bytes, access);
                break;
            case AddressSpaces.Local >> AddressSpaces.WindowShift:
                Add(~AddressSpaces.Local + 1);
                ResolveLocal(lanes, bytes, access);
                break;
            default:
                ResolveGlobal(lanes, bytes, access);
                break;
        }
    }

    /// <summary>Each lane may be in an allocation of its own.</summary>
    private void ResolveApart(uint lanes, int bytes, Access access)
    {
        IsSequence = false;
        if (Block.Counters is { } counters)
        {
            CountGlobal(counters, lanes, bytes, access);
        }

        for (uint left = lanes; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            if (Block.Find(Addresses[lane]) is not Allocation found || !found.Contains(Addresses[lane], (ulong)bytes))
            {
                throw OutsideGlobal(lane, bytes, access);
            }

            CheckGlobal(found, 1u << lane, bytes, access);
            Block.LaunchOrder?.Check(this, found, 1u << lane, bytes, access);
            Block.BlockOrder?.Check(this, found, 1u << lane, bytes, access);
        }
    }

    private void Add(ulong value)
    {
        ulong* addresses = Addresses;
        var all = Vector256.Create(value);
        for (int lane = 0; lane < Lanes; lane += 4)
        {
            (Vector256.Load(addresses + lane) + all).Store(addresses + lane);
        }
    }

    /// <summary>The lanes whose addresses are in a window.</summary>
    private static uint InWindow(ulong* addresses, ulong window)
    {
        var all = Vector256.Create(window);
        uint same = 0;
        for (int lane = 0; lane < Lanes; lane += 4)
        {
            Vector256<ulong> windows = Vector256.Load(addresses + lane) >>> AddressSpaces.WindowShift;
            same |= Vector256.Equals(windows, all).ExtractMostSignificantBits() << lane;
        }

        return same;
    }

    private static void Keep(ulong* to, ulong* from, uint lanes)
    {
        for (; lanes != 0; lanes &= lanes - 1)
        {
            int lane = BitOperations.TrailingZeroCount(lanes);
            to[lane] = from[lane];
        }
    }

    private void CopyLocal(int from, int to, int bytes, uint lanes)
    {
        for (; lanes != 0; lanes &= lanes - 1)
        {
            byte* local = _local + (BitOperations.TrailingZeroCount(lanes) * _localBytes);
            new Span<byte>(local + from, bytes).CopyTo(new Span<byte>(local + to, bytes));
            if (_localWritten != null)
            {
                byte* written = _localWritten + (local - _local);
                new Span<byte>(written + from, bytes).CopyTo(new Span<byte>(written + to, bytes));
            }
        }
    }

    /// <summary>Makes a part of local memory undefined, where that is checked.</summary>
    private void ForgetLocal(int at, int bytes, uint lanes)
    {
        for (; lanes != 0 && _localWritten != null; lanes &= lanes - 1)
        {
            new Span<byte>(_localWritten + (BitOperations.TrailingZeroCount(lanes) * _localBytes) + at, bytes).Clear();
        }
    }

    private void StartMemory(uint lanes)
    {
        _localBytes = Block.Launch.Program.LocalBytes;
        if (_localBytes > _localCapacity)
        {
            DisposeMemory();
            _localCapacity = _localBytes;
            _local = (byte*)NativeMemory.AllocZeroed((nuint)(_localBytes * Lanes));
            _localWritten = Block.Launch.Checks ? (byte*)NativeMemory.AllocZeroed((nuint)(_localBytes * Lanes)) : null;
        }

        ForgetLocal(0, Block.Launch.Program.Kernel.LocalBytes, lanes);
        HasWaitedForGrids = false;
        StartCopies();
        StartStores();
        StartProducts();
        (RegisterCount, RegisterChange) = (Block.FirstRegisterCount, null);
    }

    private void DisposeMemory()
    {
        NativeMemory.Free(_local);
        NativeMemory.Free(_localWritten);
        _local = null;
        _localWritten = null;
        _localCapacity = 0;
    }
}
