using System.Runtime.Intrinsics;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>The vector operations that the kernels are written in, so that one source serves every width. Implementations are empty structs.</summary>
/// <typeparam name="TVector">A vector of <see cref="Count"/> floats.</typeparam>
internal unsafe interface ILanes<TVector>
    where TVector : unmanaged
{
    /// <summary>Floats in a vector: 16, 8 or 4.</summary>
    static abstract int Count { get; }

    /// <summary>How many weight rows of a tile the registers hold at once: 6 with 32 registers, 2 with 16.</summary>
    static abstract int TileColumns { get; }

    /// <summary>Loads floats from any address.</summary>
    static abstract TVector Load(float* source);

    /// <summary>Stores floats to any address.</summary>
    static abstract void Store(TVector value, float* destination);

    /// <summary>All lanes the same.</summary>
    static abstract TVector Broadcast(float value);

    /// <summary>a * b + c, rounded once.</summary>
    static abstract TVector MultiplyAdd(TVector a, TVector b, TVector c);

    /// <summary>a + b.</summary>
    static abstract TVector Add(TVector a, TVector b);

    /// <summary>a - b.</summary>
    static abstract TVector Subtract(TVector a, TVector b);

    /// <summary>a * b.</summary>
    static abstract TVector Multiply(TVector a, TVector b);

    /// <summary>a / b.</summary>
    static abstract TVector Divide(TVector a, TVector b);

    /// <summary>The smaller; b where one is not a number.</summary>
    static abstract TVector Min(TVector a, TVector b);

    /// <summary>The larger; b where one is not a number.</summary>
    static abstract TVector Max(TVector a, TVector b);

    /// <summary>Adds the low bits of another vector to the exponents: a * 2^n where b holds n in its low bits.</summary>
    static abstract TVector AddToExponent(TVector a, TVector b);

    /// <summary>Widens half floats exactly, subnormals, infinities and NaN included, without a denormal on the way.</summary>
    static abstract TVector FromHalves(ushort* source);

    /// <summary>Widens half floats that are finite to 2^-112 times their value: <see cref="FiniteHalves"/>.</summary>
    static abstract TVector FromFiniteHalves(ushort* source);

    /// <summary>Widens brain floats exactly.</summary>
    static abstract TVector FromBrains(ushort* source);

    /// <summary>Widens lanes <paramref name="part"/> * Count and on of 16 signed bytes.</summary>
    static abstract TVector FromSigned(Vector128<sbyte> bytes, int part);

    /// <summary>Widens Count signed bytes; up to 16 bytes are read.</summary>
    static abstract TVector LoadSigned(sbyte* source);

    /// <summary>scale * levels[nibble] for 16 bytes' low or high nibbles, lanes <paramref name="part"/> * Count and on.</summary>
    static abstract TVector Levels(byte* nibbles, bool high, Vector128<sbyte> levels, TVector scale, int part);

    /// <summary>The value in lane i where bit i is set, else 0.</summary>
    static abstract TVector WhereBits(uint bits, TVector value);

    /// <summary>The value in lane i where <paramref name="bytes"/>[i] has a bit of the mask, else 0.</summary>
    static abstract TVector WhereMasked(byte* bytes, byte mask, TVector value);

    /// <summary>
    /// Sums each of 16 vectors that lie <paramref name="stride"/> floats apart: upper and lower halves are added until one value is left.
    /// </summary>
    static abstract void Sum16(float* vectors, nint stride, float* sums);
}
