using System.Numerics;

namespace Winnow.Simulator.Execution.Decoding;

/// <summary>How a register is moved to one of another width.</summary>
internal enum ResizeKind
{
    /// <summary>64 bits to 32.</summary>
    Narrow,

    /// <summary>32 bits to 64, zeros above.</summary>
    Widen,

    /// <summary>The lower 8 bits, with their sign above.</summary>
    WidenSigned8,

    /// <summary>The lower 16 bits, with their sign above.</summary>
    WidenSigned16,

    /// <summary>32 bits, with their sign above.</summary>
    WidenSigned32,
}

/// <summary>Moves a register to one of another width.</summary>
internal sealed unsafe class Resize(int destination, int source, ResizeKind kind) : Operation
{
    public override void Execute(Warp warp, uint lanes)
    {
        byte* to = warp.Registers + destination;
        byte* from = warp.Registers + source;
        for (uint left = lanes; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            if (kind == ResizeKind.Narrow)
            {
                ((uint*)to)[lane] = (uint)((ulong*)from)[lane];
            }
            else
            {
                ((long*)to)[lane] = Widen(((uint*)from)[lane]);
            }
        }
    }

    private long Widen(uint value) => kind switch
    {
        ResizeKind.WidenSigned8 => (sbyte)value,
        ResizeKind.WidenSigned16 => (short)value,
        ResizeKind.WidenSigned32 => (int)value,
        _ => value,
    };
}
