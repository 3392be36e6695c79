using System.Runtime.CompilerServices;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>IQ4_NL: as Q4_0 with levels that are dense near zero.</summary>
internal readonly unsafe struct NonLinearCodec<TLanes, TVector> : IUnitCodec<TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    public static int UnitBytes => 18;

    public static bool IsScaled => true;

    public static float InputScale => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Widen(byte* unit, TVector scale, int index)
    {
        int value = index * TLanes.Count;
        return TLanes.Levels(unit + 2, value >= 16, NibbleLevels.NonLinear, scale, (value & 15) / TLanes.Count);
    }
}
