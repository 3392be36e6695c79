using System;
using System.Runtime.Intrinsics;

namespace Winnow.Kernels.Sampling;

/// <summary>Philox4x32-10: random numbers as a pure function of a key and a counter, so no generator has a
/// state.</summary>
/// <remarks>
/// Source: Salmon, Moraes, Dror and Shaw 2011, "Parallel Random Numbers: As Easy as 1, 2, 3", SC11.
/// The key is the seed (low word first). The counter is position and purpose (words 0 and 1: 48 bits of position, then
/// 16 bits of purpose) and the
/// sequence (words 2 and 3), so two different (seed, sequence, position, purpose) never share a block, and a number
/// does not
/// depend on the batch around it, on the number of threads or on what was drawn before.
/// </remarks>
public static class Philox
{
    /// <summary>Positions are below this: 2^48.</summary>
    public const long PositionLimit = 1L << 48;

    private const int Rounds = 10;
    private const uint Multiplier0 = 0xD2511F53;
    private const uint Multiplier1 = 0xCD9E8D57;
    private const uint Weyl0 = 0x9E3779B9;
    private const uint Weyl1 = 0xBB67AE85;

    /// <summary>One block: 128 random bits of a counter under a key.</summary>
    /// <param name="counter">The counter; element 0 is its lowest word.</param>
    /// <param name="key">The key; its low half is key word 0.</param>
    /// <returns>Four independent uniform words.</returns>
    public static Vector128<uint> Block(Vector128<uint> counter, ulong key)
    {
        uint c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
        uint k0 = (uint)key, k1 = (uint)(key >> 32);
        for (int round = 0; round < Rounds; round++)
        {
            ulong product0 = (ulong)Multiplier0 * c0;
            ulong product1 = (ulong)Multiplier1 * c2;
            c0 = (uint)(product1 >> 32) ^ c1 ^ k0;
            c1 = (uint)product1;
            c2 = (uint)(product0 >> 32) ^ c3 ^ k1;
            c3 = (uint)product0;
            k0 += Weyl0;
            k1 += Weyl1;
        }

        return Vector128.Create(c0, c1, c2, c3);
    }

    /// <summary>The block that belongs to one purpose at one position of one sequence.</summary>
    /// <param name="seed">The seed of the request.</param>
    /// <param name="sequence">The number of the sequence within the request.</param>
    /// <param name="position">The position of the token within the sequence: 0 to <see cref="PositionLimit"/> -
    /// 1.</param>
    /// <param name="purpose">What the numbers are for.</param>
    /// <returns>Four independent uniform words.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The position is negative or too large.</exception>
    public static Vector128<uint> Block(ulong seed, ulong sequence, long position, RandomPurpose purpose)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(position, PositionLimit);
        ulong low = (ulong)position | ((ulong)purpose << 48);
        return Block(Vector128.Create(low, sequence).AsUInt32(), seed);
    }

    /// <summary>A uniform number of 53 bits in [0, 1), from words 0 (high) and 1 of the block.</summary>
    /// <param name="seed">The seed of the request.</param>
    /// <param name="sequence">The number of the sequence within the request.</param>
    /// <param name="position">The position of the token within the sequence: 0 to <see cref="PositionLimit"/> -
    /// 1.</param>
    /// <param name="purpose">What the number is for.</param>
    /// <returns>A multiple of 2^-53: 0 is possible, 1 is not.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The position is negative or too large.</exception>
    public static double Uniform(ulong seed, ulong sequence, long position, RandomPurpose purpose)
    {
        Vector128<uint> block = Block(seed, sequence, position, purpose);
        ulong bits = ((ulong)block[0] << 32) | block[1];
        return (bits >> 11) * (1.0 / (1UL << 53));
    }

    /// <summary>A word as a float in [0, 1): its upper 24 bits; 0 is possible, 1 is not.</summary>
    /// <param name="word">A word of a block.</param>
    /// <returns>A multiple of 2^-24.</returns>
    public static float ClosedOpen(uint word) => (word >> 8) * (1f / (1 << 24));

    /// <summary>A word as a float in (0, 1]: its upper 24 bits plus one step; 1 is possible, 0 is not.</summary>
    /// <param name="word">A word of a block.</param>
    /// <returns>A multiple of 2^-24, fit for a logarithm and for tests of the form u * q &lt; p.</returns>
    public static float OpenClosed(uint word) => ((word >> 8) + 1) * (1f / (1 << 24));
}
