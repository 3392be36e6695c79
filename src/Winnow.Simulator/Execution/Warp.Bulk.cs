using System;
using System.Collections.Generic;
using System.Numerics;
using Winnow.Simulator.Execution.Memory;

namespace Winnow.Simulator.Execution;

/// <content>Bulk copies.</content>
internal sealed unsafe partial class Warp
{
    private readonly List<BulkStore> _stores = [];
    private readonly int[] _storeGroups = new int[Lanes];

    /// <summary>Looks whether a lane may copy a range of global memory.</summary>
    /// <param name="lane">The lane.</param>
    /// <param name="address">Where the range begins.</param>
    /// <param name="bytes">How many bytes it has.</param>
    /// <param name="access">Whether it is read or written; 0 where it is only named.</param>
    public void CheckBulk(int lane, ulong address, int bytes, Access access)
    {
        if (address % BulkSize.Step != 0)
        {
            throw Fault(FaultKinds.Misaligned, lane, $"a bulk copy at address 0x{address:x}, which is no multiple of {BulkSize.Step}");
        }

        CheckRange(lane, address, bytes, access);
    }

    /// <summary>Looks whether a lane may copy a range of global memory that begins anywhere.</summary>
    /// <inheritdoc cref="CheckBulk"/>
    public void CheckRange(int lane, ulong address, int bytes, Access access)
    {
        Addresses[lane] = address;
        Allocation? found = Block.Find(address);
        if (found is null || !found.Contains(address, (ulong)bytes))
        {
            throw OutsideGlobal(lane, bytes, access == 0 ? Access.Read : access);
        }

        if (access == Access.Write && found.IsReadOnly)
        {
            throw Fault(FaultKinds.ReadOnly, lane, $"a write to {found.Name}, which kernels may only read");
        }

        if (access != 0)
        {
            Block.LaunchOrder?.Check(this, found, 1u << lane, bytes, access);
            Block.BlockOrder?.Check(this, found, 1u << lane, bytes, access);
        }

        if (access == Access.Read && !found.IsWritten && found.Written != null)
        {
            int at = new ReadOnlySpan<byte>(found.Written + (address - found.Base), bytes).IndexOfAnyExcept((byte)1);
            if (at >= 0)
            {
                string where = $"byte {address - found.Base + (ulong)at} of {found.Name}";
                throw Fault(FaultKinds.Uninitialized, lane, $"a bulk copy of {bytes} bytes reads {where}, which nothing wrote");
            }
        }
    }

    /// <summary>The present group of a lane's copies to global memory.</summary>
    public int StoreGroupOf(int lane) => _storeGroups[lane];

    /// <summary>Begins a copy to global memory.</summary>
    public void BeginStore(BulkStore store)
    {
        Block.BeginStore(store);
        _stores.Add(store);
    }

    /// <summary>Closes a group of copies to global memory.</summary>
    public void CommitStores(uint lanes)
    {
        for (; lanes != 0; lanes &= lanes - 1)
        {
            _storeGroups[BitOperations.TrailingZeroCount(lanes)]++;
        }
    }

    /// <summary>Waits until at most some of the newest groups are on their way.</summary>
    /// <param name="pending">How many.</param>
    /// <param name="lanes">Which lanes wait.</param>
    public void WaitForStores(int pending, uint lanes)
    {
        for (int i = _stores.Count - 1; i >= 0; i--)
        {
            BulkStore store = _stores[i];
            if ((lanes >> store.Lane & 1) != 0 && store.Group < _storeGroups[store.Lane] - pending)
            {
                _stores.RemoveAt(i);
                Block.EndStore(store);
            }
        }
    }

    /// <summary>The block has ended: what copies read is gone.</summary>
    public void RequireNoStores()
    {
        if (_stores.Count > 0)
        {
            Origin = _stores[0].Source;
            throw Fault(FaultKinds.MissingWait, _stores[0].Lane, "the block ends while the copy may still read its shared memory, because the thread did not wait for it");
        }
    }

    private void StartStores()
    {
        _stores.Clear();
        Array.Clear(_storeGroups);
    }
}
