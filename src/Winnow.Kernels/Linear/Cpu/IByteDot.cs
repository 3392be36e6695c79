using System.Runtime.Intrinsics;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>Products of bytes that add up exactly, by the instructions that a processor has for them.</summary>
internal interface IByteDot
{
    /// <summary>Whether 512-bit vectors of bytes may be used besides, where they do with fewer instructions.</summary>
    static abstract bool IsWide { get; }

    /// <summary>Adds to each sum the products of four neighbours.</summary>
    /// <param name="sums">Eight sums.</param>
    /// <param name="weights">32 factors from 0 to 255.</param>
    /// <param name="inputs">32 factors from -127 to 127.</param>
    static abstract Vector256<int> Add(Vector256<int> sums, Vector256<byte> weights, Vector256<sbyte> inputs);
}
