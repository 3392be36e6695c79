using System.Numerics;
using System.Runtime.CompilerServices;
using Winnow.Simulator.Execution;

namespace Winnow.Simulator.Operations;

/// <summary>Which lane a mode of <c>shfl</c> reads.</summary>
internal sealed class ShuffleLanes(string mode)
{
    private readonly bool _isUp = mode == "up";
    private readonly bool _isDown = mode == "down";
    private readonly bool _isButterfly = mode == "bfly";

    /// <summary>The lane to read, and whether it is one of the segment; if not, a lane reads itself.</summary>
    public int From(int lane, uint distance, uint limit, out bool isInRange)
    {
        int step = (int)distance & 31;
        int clamp = (int)limit & 31;
        int segment = (int)(limit >> 8) & 31;
        int first = lane & segment;
        int last = first | (clamp & ~segment);
        int from = _isUp ? lane - step : _isDown ? lane + step : _isButterfly ? lane ^ step : first | (step & ~segment);
        isInRange = _isUp ? from >= last : from <= last;
        return isInRange ? from : lane;
    }
}

/// <summary><c>shfl</c></summary>
internal sealed unsafe class Shuffle(ShuffleLanes source, int d, PredicateSlot p, int a, int b, int c) : Operation
{
    public override void Execute(Warp warp, uint lanes)
    {
        uint* values = (uint*)(warp.Registers + a);
        uint* distances = (uint*)(warp.Registers + b);
        uint* limits = (uint*)(warp.Registers + c);
        uint* results = stackalloc uint[Warp.Lanes];
        uint inRange = 0;
        for (uint left = lanes; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            results[lane] = values[source.From(lane, distances[lane], limits[lane], out bool isInRange)];
            inRange |= (isInRange ? 1u : 0u) << lane;
        }

        FixedShuffle.Write(warp.Registers, d, results, lanes);
        p.Write(warp.Registers, inRange, lanes);
    }
}

/// <summary><c>shfl</c> whose lanes are known beforehand.</summary>
internal sealed unsafe class FixedShuffle : Operation
{
    private readonly int _d;
    private readonly int _a;
    private readonly PredicateSlot _p;
    private readonly uint _inRange;
    private readonly byte[] _from = new byte[Warp.Lanes];

    public FixedShuffle(ShuffleLanes source, int d, PredicateSlot p, int a, uint distance, uint limit)
    {
        _d = d;
        _p = p;
        _a = a;
        for (int lane = 0; lane < Warp.Lanes; lane++)
        {
            _from[lane] = (byte)source.From(lane, distance, limit, out bool isInRange);
            _inRange |= (isInRange ? 1u : 0u) << lane;
        }
    }

    /// <summary>Writes results to the lanes that take part; below 0 there is no register for them.</summary>
    public static void Write(byte* registers, int d, uint* results, uint lanes)
    {
        if (d < 0)
        {
            return;
        }

        byte* at = registers + d;
        for (int i = 0; i < sizeof(uint); i++)
        {
            Lane.Store(at + (i * Lane.Step), Lane.Load<uint>((byte*)results + (i * Lane.Step)), lanes, i);
        }
    }

    [MethodImpl(Lane.Hot)]
    public override void Execute(Warp warp, uint lanes)
    {
        uint* values = (uint*)(warp.Registers + _a);
        uint* results = stackalloc uint[Warp.Lanes];
        byte[] from = _from;
        for (int lane = 0; lane < from.Length; lane++)
        {
            results[lane] = values[from[lane]];
        }

        Write(warp.Registers, _d, results, lanes);
        _p.Write(warp.Registers, _inRange, lanes);
    }
}
