using System.Runtime.CompilerServices;

namespace Winnow.Simulator.Operations;

/// <summary>The lanes of a register for code that goes lane by lane.</summary>
/// <param name="Offset">Bytes into the register file.</param>
/// <param name="Bits">8, 16, 32 or 64.</param>
internal readonly record struct Slot(int Offset, int Bits)
{
    /// <summary>Reads one lane, with zeros above its bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe ulong Read(byte* registers, int lane) => Bits switch
    {
        64 => ((ulong*)(registers + Offset))[lane],
        32 => ((uint*)(registers + Offset))[lane],
        16 => (ushort)((uint*)(registers + Offset))[lane],
        _ => (byte)((uint*)(registers + Offset))[lane],
    };

    /// <summary>Writes one lane, cut to its bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe void Write(byte* registers, int lane, ulong value)
    {
        if (Bits == 64)
        {
            ((ulong*)(registers + Offset))[lane] = value;
        }
        else
        {
            ((uint*)(registers + Offset))[lane] = Bits == 32 ? (uint)value : (uint)value & ((1u << Bits) - 1);
        }
    }
}

/// <summary>A predicate of 32 lanes.</summary>
/// <param name="Offset">Bytes into the register file; below 0 where there is none.</param>
/// <param name="Negated">True where its complement is meant.</param>
internal readonly record struct PredicateSlot(int Offset, bool Negated)
{
    /// <summary>Nowhere: writes are dropped.</summary>
    public static PredicateSlot None => new(-1, false);

    /// <summary>True where there is one.</summary>
    public bool Exists => Offset >= 0;

    /// <summary>Reads all lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe uint Read(byte* registers)
    {
        uint bits = *(uint*)(registers + Offset);
        return Negated ? ~bits : bits;
    }

    /// <summary>Writes the lanes that take part.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe void Write(byte* registers, uint bits, uint lanes)
    {
        if (Offset >= 0)
        {
            uint* at = (uint*)(registers + Offset);
            *at = (*at & ~lanes) | (bits & lanes);
        }
    }
}
