using System.Runtime.CompilerServices;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>Q8_0: scale times signed byte, exact in float.</summary>
internal readonly unsafe struct EightBitCodec<TLanes, TVector> : IUnitCodec<TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    public static int UnitBytes => 34;

    public static bool IsScaled => true;

    public static float InputScale => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Widen(byte* unit, TVector scale, int index) =>
        TLanes.Multiply(TLanes.LoadSigned((sbyte*)unit + 2 + (index * TLanes.Count)), scale);
}
