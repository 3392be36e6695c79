using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;

namespace Winnow.Simulator.Ptx;

/// <summary>Collects the initial value of a variable as bytes.</summary>
/// <param name="type">The type of its elements.</param>
/// <param name="elementBytes">The size of one.</param>
internal sealed class PtxInitializer(string type, int elementBytes)
{
    private readonly List<byte> _bytes = [];
    private readonly List<PtxRelocation> _relocations = [];

    /// <summary>Elements so far.</summary>
    public int Count => _bytes.Count / elementBytes;

    /// <summary>Bytes so far.</summary>
    public int Length => _bytes.Count;

    /// <summary>Where the bytes take addresses.</summary>
    public PtxRelocation[] Relocations => [.. _relocations];

    /// <summary>Adds a number.</summary>
    /// <param name="number">Its value; a decimal number for a float type is converted.</param>
    public void Add(PtxNumber number)
    {
        bool isBits = !PtxType.IsFloat(type) || (number.IsFloat && !number.IsDouble && type == "f32") || (number.IsDouble && type == "f64");
        Append(isBits ? number.Bits : Convert(number.ToDouble()));
    }

    /// <summary>Adds the address of something.</summary>
    /// <param name="symbol">What.</param>
    /// <param name="addend">What is added to it.</param>
    /// <param name="isGeneric">Whether the generic address is meant.</param>
    /// <param name="shift">The first bit that is taken.</param>
    public void Add(string symbol, long addend, bool isGeneric, int shift)
    {
        _relocations.Add(new PtxRelocation(_bytes.Count, elementBytes, symbol, addend, isGeneric, shift));
        Append(0);
    }

    /// <summary>Adds zeros.</summary>
    /// <param name="count">The elements there are then.</param>
    public void Fill(int count)
    {
        while (Count < count)
        {
            Append(0);
        }
    }

    /// <summary>The bytes, with zeros after the last element given.</summary>
    /// <param name="length">How many; at least <see cref="Length"/>.</param>
    public byte[] ToBytes(int length)
    {
        byte[] bytes = new byte[length];
        CollectionsMarshal.AsSpan(_bytes).CopyTo(bytes);
        return bytes;
    }

    private long Convert(double value) => type switch
    {
        "f64" => BitConverter.DoubleToInt64Bits(value),
        "f32" => BitConverter.SingleToInt32Bits((float)value),
        "f16" => BitConverter.HalfToInt16Bits((Half)value),
        _ => ((BFloat16)(float)value).Bits,
    };

    private void Append(long bits)
    {
        for (int i = 0; i < elementBytes; i++)
        {
            _bytes.Add(i < 8 ? (byte)(bits >> (8 * i)) : (byte)0);
        }
    }
}
