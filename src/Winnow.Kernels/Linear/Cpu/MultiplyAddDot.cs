using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>Products of bytes with AVX2: odd and even ones as 16-bit integers, since its instruction for bytes cuts its sums to 16 bits.</summary>
internal readonly unsafe struct MultiplyAddDot : IByteDot
{
    /// <summary>Whether the processor has what it takes.</summary>
    public static bool IsSupported => Avx2.IsSupported;

    /// <inheritdoc/>
    public static bool IsWide => false;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Add(Vector256<int> sums, Vector256<byte> weights, Vector256<sbyte> inputs)
    {
        Vector256<short> evenWeights = Avx2.And(weights.AsInt16(), Vector256.Create((short)255));
        Vector256<short> oddWeights = Avx2.ShiftRightLogical(weights.AsInt16(), 8);
        Vector256<short> evenInputs = Avx2.ShiftRightArithmetic(Avx2.ShiftLeftLogical(inputs.AsInt16(), 8), 8);
        Vector256<short> oddInputs = Avx2.ShiftRightArithmetic(inputs.AsInt16(), 8);
        sums = Avx2.Add(sums, Avx2.MultiplyAddAdjacent(evenWeights, evenInputs));
        return Avx2.Add(sums, Avx2.MultiplyAddAdjacent(oddWeights, oddInputs));
    }
}
