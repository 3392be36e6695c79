using System.Runtime.CompilerServices;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>Brain floats.</summary>
internal readonly unsafe struct BrainCodec<TLanes, TVector> : IUnitCodec<TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    public static int UnitBytes => 64;

    public static bool IsScaled => false;

    public static float InputScale => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Widen(byte* unit, TVector scale, int index) => TLanes.FromBrains((ushort*)unit + (index * TLanes.Count));
}
