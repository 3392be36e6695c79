using System;

namespace Winnow.Simulator.Operations;

/// <summary>What a byte means.</summary>
internal interface IByteValue
{
    /// <summary>Its value.</summary>
    static abstract double Of(byte bits);
}

/// <summary>A factor of <c>wgmma</c> whose values are bytes.</summary>
internal readonly unsafe struct ByteElement<TValue> : IProductElement
    where TValue : struct, IByteValue
{
    private static readonly double[] Values = MakeValues();

    public static int Count => 16;

    public static void Widen(byte* chunk, double* to)
    {
        double[] values = Values;
        for (int i = 0; i < Count; i++)
        {
            to[i] = values[chunk[i]];
        }
    }

    private static double[] MakeValues()
    {
        double[] values = new double[byte.MaxValue + 1];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = TValue.Of((byte)i);
        }

        return values;
    }
}

/// <summary><c>e4m3</c>: a float of 8 bits without infinities, whose largest code is NaN.</summary>
internal readonly struct FourBitExponent : IByteValue
{
    public static double Of(byte bits)
    {
        int size = bits & 0x7F;
        int fraction = size & 7;
        double value = size == 0x7F ? double.NaN : size < 8 ? Math.ScaleB(fraction, -9) : Math.ScaleB(8 + fraction, (size >> 3) - 10);
        return bits > 0x7F ? -value : value;
    }
}

/// <summary><c>e5m2</c>: the upper byte of an f16.</summary>
internal readonly struct FiveBitExponent : IByteValue
{
    public static double Of(byte bits) => (double)BitConverter.UInt16BitsToHalf((ushort)(bits << 8));
}

/// <summary><c>s8</c></summary>
internal readonly struct SignedByte : IByteValue
{
    public static double Of(byte bits) => (sbyte)bits;
}

/// <summary><c>u8</c></summary>
internal readonly struct UnsignedByte : IByteValue
{
    public static double Of(byte bits) => bits;
}
