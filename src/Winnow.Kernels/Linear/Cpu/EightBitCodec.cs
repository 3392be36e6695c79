using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>Q8_0: scale times signed byte, exact in float.</summary>
internal readonly unsafe struct EightBitCodec<TLanes, TVector> : IUnitCodec<TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    public static int UnitBytes => 34;

    public static bool IsScaled => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Widen(byte* unit, TVector scale, int index)
    {
        int value = index * TLanes.Count;
        Vector128<sbyte> bytes = Vector128.Load((sbyte*)unit + 2 + (value & 16));
        return TLanes.Multiply(TLanes.FromSigned(bytes, (value & 15) / TLanes.Count), scale);
    }
}
