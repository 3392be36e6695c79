using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>What the sixteen nibbles stand for. Inlined always: a call in a loop would put its sums into memory.</summary>
internal static class NibbleLevels
{
    /// <summary>Q4_0.</summary>
    public static Vector128<sbyte> Signed
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector128.Create((sbyte)-8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7);
    }

    /// <summary>The nibble itself.</summary>
    public static Vector128<sbyte> Unsigned
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector128.Create((sbyte)0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    }

    /// <summary>IQ4_NL.</summary>
    public static Vector128<sbyte> NonLinear
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector128.Create((sbyte)-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113);
    }
}
