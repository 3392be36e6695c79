namespace Winnow.Kernels.Linear.Cpu;

/// <summary>A weight type that comes in units of 32 values with at most one scale each, simple enough to widen in registers.</summary>
/// <typeparam name="TVector">The vector of the width in use.</typeparam>
internal unsafe interface IUnitCodec<TVector>
    where TVector : unmanaged
{
    /// <summary>Bytes of 32 values.</summary>
    static abstract int UnitBytes { get; }

    /// <summary>True where a unit starts with a half that scales it.</summary>
    static abstract bool IsScaled { get; }

    /// <summary>What inputs are multiplied with, so that products are those of the weights: a power of two.</summary>
    static abstract float InputScale { get; }

    /// <summary>Widens values <paramref name="index"/> * Count and on of a unit.</summary>
    /// <param name="unit">The unit.</param>
    /// <param name="scale">Its scale in every lane; ignored where there is none.</param>
    /// <param name="index">Below 32 / Count; a constant.</param>
    static abstract TVector Widen(byte* unit, TVector scale, int index);
}
