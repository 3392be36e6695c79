using System;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Winnow.Simulator.Execution.Memory;

/// <summary>What is known about each byte of a block's shared memory: whether it was written, and by whom it was accessed since which barrier.</summary>
internal sealed unsafe class SharedChecks : IDisposable
{
    /// <summary>The state of a byte with a value; 0 is that of one that nothing wrote.</summary>
    private const byte Defined = 1;

    /// <summary>The state of a byte that a copy without a wait is on its way to.</summary>
    private const byte OnItsWay = 2;

    private byte* _states;
    private int _capacity;
    private int _bytes;
    private int _barriers;

    /// <summary>Prepares for the blocks of a launch.</summary>
    public void Begin(int bytes, int warps)
    {
        _bytes = bytes;
        if (bytes > _capacity)
        {
            Dispose();
            _capacity = bytes;
            _states = (byte*)NativeMemory.AllocZeroed((nuint)bytes);
        }
    }

    /// <summary>Makes all bytes undefined.</summary>
    public void Start() => new Span<byte>(_states, _bytes).Clear();

    /// <summary>Checks an access whose offsets <see cref="Warp.Addresses"/> holds, and writes down what it does.</summary>
    public void Check(Warp warp, uint lanes, int bytes, Access access)
    {
        for (uint left = lanes; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            Span<byte> states = new(_states + warp.Addresses[lane], bytes);
            if ((access & Access.Read) != 0 && states.IndexOfAnyExcept(Defined) is int bad and >= 0)
            {
                throw Undefine(warp, lane, (int)warp.Addresses[lane] + bad, states[bad]);
            }
        }

        if ((access & Access.Write) != 0)
        {
            for (uint left = lanes; left != 0; left &= left - 1)
            {
                new Span<byte>(_states + warp.Addresses[BitOperations.TrailingZeroCount(left)], bytes).Fill(Defined);
            }
        }
    }

    /// <summary>What warps did before a barrier comes before what they do after it.</summary>
    public void OrderAtBarrier(uint warps) => _barriers += warps == 0 ? 0 : 1;

    /// <summary>Notes that a copy to some bytes began.</summary>
    public void BeginCopy(int offset, int bytes) => new Span<byte>(_states + offset, bytes).Fill(OnItsWay);

    /// <summary>Notes that a copy was waited for.</summary>
    public void EndCopy(int offset, int bytes) => new Span<byte>(_states + offset, bytes).Fill(Defined);

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.Free(_states);
        _states = null;
        _capacity = 0;
    }

    private static Winnow.Gpu.GpuFaultException Undefine(Warp warp, int lane, int offset, byte state) => state == OnItsWay
        ? warp.Fault(FaultKinds.MissingWait, lane, $"a read of byte {offset} of shared memory, which a cp.async that nobody waited for still copies")
        : warp.Fault(FaultKinds.Uninitialized, lane, $"a read of byte {offset} of shared memory, which nothing wrote");
}
