using System;

namespace Winnow.Simulator.Execution.Control;

/// <summary>Reads the arguments of a <c>printf</c>, which lie one after the other, each aligned to its size.</summary>
/// <param name="warp">The warp.</param>
/// <param name="lane">The lane that prints.</param>
/// <param name="address">Where they begin, a generic address.</param>
internal sealed class ArgumentReader(Warp warp, int lane, ulong address)
{
    private ulong _offset;

    /// <summary>The next integer of 32 bits.</summary>
    public int NextInt() => (int)Next(sizeof(int));

    /// <summary>The next integer or address of 64 bits.</summary>
    public long NextLong() => (long)Next(sizeof(long));

    /// <summary>The next double.</summary>
    public double NextDouble() => BitConverter.Int64BitsToDouble(NextLong());

    /// <summary>The text that the next argument points to.</summary>
    public string NextText() => warp.ReadText(lane, (ulong)NextLong());

    private ulong Next(int bytes)
    {
        _offset = (_offset + (ulong)bytes - 1) & ~((ulong)bytes - 1);
        ulong value = warp.ReadGeneric(lane, address + _offset, bytes);
        _offset += (ulong)bytes;
        return value;
    }
}
