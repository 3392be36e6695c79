using System.Runtime.CompilerServices;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>Half floats that are all finite, for inputs that are not too large: <see cref="FiniteHalves"/>.</summary>
internal readonly unsafe struct FiniteHalfCodec<TLanes, TVector> : IUnitCodec<TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    public static int UnitBytes => 64;

    public static bool IsScaled => false;

    public static float InputScale => FiniteHalves.InputScale;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Widen(byte* unit, TVector scale, int index) => TLanes.FromFiniteHalves((ushort*)unit + (index * TLanes.Count));
}
