using System.Numerics;
using System.Runtime.Intrinsics;

namespace Winnow.Simulator.Execution.Memory;

/// <summary>A value in memory and in a lane of a register.</summary>
internal unsafe interface ICell
{
    /// <summary>Its size in memory.</summary>
    static abstract int Bytes { get; }

    /// <summary>Reads it from memory into lanes of a register.</summary>
    static abstract void Read(ulong* pointers, int at, byte* register, uint lanes);

    /// <summary>Writes it from lanes of a register to memory.</summary>
    static abstract void Write(ulong* pointers, int at, byte* register, uint lanes);

    /// <summary>Reads one for each lane from where they follow on each other.</summary>
    static abstract void ReadSequence(byte* pointer, byte* register);

    /// <summary>Writes one for each lane to where they follow on each other.</summary>
    static abstract void WriteSequence(byte* pointer, byte* register);
}

/// <summary>
/// A <typeparamref name="TMemory"/> in memory, widened or cut to a register of the width of <typeparamref name="TWidth"/>, whose lanes are
/// <typeparamref name="TLane"/>.
/// </summary>
internal readonly unsafe struct Cell<TMemory, TWidth, TLane> : ICell
    where TMemory : unmanaged, IBinaryInteger<TMemory>
    where TWidth : unmanaged, IBinaryInteger<TWidth>
    where TLane : unmanaged, IBinaryInteger<TLane>
{
    public static int Bytes => sizeof(TMemory);

    public static void ReadSequence(byte* pointer, byte* register)
    {
        if (sizeof(TMemory) == sizeof(TLane))
        {
            Copy(pointer, register);
            return;
        }

        for (int lane = 0; lane < Warp.Lanes; lane++)
        {
            ((TLane*)register)[lane] = TLane.CreateTruncating(TWidth.CreateTruncating(((TMemory*)pointer)[lane]));
        }
    }

    public static void WriteSequence(byte* pointer, byte* register)
    {
        if (sizeof(TMemory) == sizeof(TLane))
        {
            Copy(register, pointer);
            return;
        }

        for (int lane = 0; lane < Warp.Lanes; lane++)
        {
            ((TMemory*)pointer)[lane] = TMemory.CreateTruncating(((TLane*)register)[lane]);
        }
    }

    public static void Read(ulong* pointers, int at, byte* register, uint lanes)
    {
        TLane* values = (TLane*)register;
        if (lanes == uint.MaxValue)
        {
            for (int lane = 0; lane < Warp.Lanes; lane++)
            {
                values[lane] = TLane.CreateTruncating(TWidth.CreateTruncating(*(TMemory*)(pointers[lane] + (ulong)at)));
            }

            return;
        }

        for (; lanes != 0; lanes &= lanes - 1)
        {
            int lane = BitOperations.TrailingZeroCount(lanes);
            values[lane] = TLane.CreateTruncating(TWidth.CreateTruncating(*(TMemory*)(pointers[lane] + (ulong)at)));
        }
    }

    public static void Write(ulong* pointers, int at, byte* register, uint lanes)
    {
        TLane* values = (TLane*)register;
        if (lanes == uint.MaxValue)
        {
            for (int lane = 0; lane < Warp.Lanes; lane++)
            {
                *(TMemory*)(pointers[lane] + (ulong)at) = TMemory.CreateTruncating(values[lane]);
            }

            return;
        }

        for (; lanes != 0; lanes &= lanes - 1)
        {
            int lane = BitOperations.TrailingZeroCount(lanes);
            *(TMemory*)(pointers[lane] + (ulong)at) = TMemory.CreateTruncating(values[lane]);
        }
    }

    private static void Copy(byte* from, byte* to)
    {
        for (int i = 0; i < Warp.Lanes * sizeof(TLane); i += Vector256<byte>.Count)
        {
            Vector256.Load(from + i).Store(to + i);
        }
    }
}
