using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Winnow.Simulator.Operations;

/// <summary>
/// Reads and writes the 32 lanes of a register as vectors. A register of 4-byte elements is four vectors, one of 8-byte elements eight;
/// so there are <c>sizeof(T)</c> vectors, and vector i lies i * 32 bytes on.
/// </summary>
internal static unsafe class Lane
{
    /// <summary>For operations that kernels are full of: optimized at once, since many launches are over before the runtime would get to it.</summary>
    public const MethodImplOptions Hot = MethodImplOptions.AggressiveOptimization;

    /// <summary>Bytes of one vector.</summary>
    public const int Step = 32;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Load<T>(byte* at)
        where T : unmanaged => Vector256.Load((T*)at);

    /// <summary>Writes vector <paramref name="index"/> of a register, keeping the elements of lanes that take no part.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<T>(byte* at, Vector256<T> value, uint lanes, int index)
        where T : unmanaged
    {
        if (lanes != uint.MaxValue)
        {
            value = Vector256.ConditionalSelect(Mask<T>(lanes, index), value, Vector256.Load((T*)at));
        }

        value.Store((T*)at);
    }

    /// <summary>All ones in the elements of vector <paramref name="index"/> whose lanes are set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Mask<T>(uint lanes, int index)
        where T : unmanaged
    {
        if (sizeof(T) == 4)
        {
            Vector256<uint> bits = Vector256.Create(1u, 2, 4, 8, 16, 32, 64, 128);
            return Vector256.Equals(Vector256.Create(lanes >> (index * 8)) & bits, bits).As<uint, T>();
        }

        Vector256<ulong> wide = Vector256.Create(1ul, 2, 4, 8);
        return Vector256.Equals(Vector256.Create((ulong)(lanes >> (index * 4))) & wide, wide).As<ulong, T>();
    }

    /// <summary>The sign bits of vector <paramref name="index"/> at the places of their lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Bits<T>(Vector256<T> mask, int index)
        where T : unmanaged => mask.ExtractMostSignificantBits() << (index * (Lane.Step / sizeof(T)));
}
