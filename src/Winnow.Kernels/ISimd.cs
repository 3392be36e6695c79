namespace Winnow.Kernels;

/// <summary>
/// The few operations that the kernels need, lane by lane, for one width of vector. Kernels are written once over it; the run-time
/// compiler makes a copy for each width. No operation depends on the width, so neither do the results of what works lane by lane.
/// </summary>
/// <typeparam name="TVector">The vector of floats.</typeparam>
internal unsafe interface ISimd<TVector>
    where TVector : struct
{
    /// <summary>Lanes.</summary>
    static abstract int Count { get; }

    static abstract TVector Load(float* source);

    static abstract void Store(float* destination, TVector value);

    static abstract TVector Broadcast(float value);

    static abstract TVector Add(TVector left, TVector right);

    static abstract TVector Subtract(TVector left, TVector right);

    static abstract TVector Multiply(TVector left, TVector right);

    static abstract TVector Divide(TVector left, TVector right);

    /// <summary>left * right + addend, rounded once.</summary>
    static abstract TVector FusedMultiplyAdd(TVector left, TVector right, TVector addend);

    /// <summary>The greater one; which one is not said where either is NaN.</summary>
    static abstract TVector Max(TVector left, TVector right);

    /// <summary>The lesser one; which one is not said where either is NaN.</summary>
    static abstract TVector Min(TVector left, TVector right);

    static abstract TVector Abs(TVector value);

    /// <summary>To the nearest whole number, ties to even.</summary>
    static abstract TVector Round(TVector value);

    /// <summary>A value times 2 to the power of a whole number from -252 to 254, where that is no subnormal number.</summary>
    static abstract TVector Scale(TVector value, TVector exponent);

    /// <summary>Where left is below right the first choice, elsewhere the second.</summary>
    static abstract TVector WhereLess(TVector left, TVector right, TVector first, TVector second);

    /// <summary>Where a value is NaN that NaN, elsewhere the other value.</summary>
    static abstract TVector KeepNaN(TVector value, TVector other);

    /// <summary>The sign of one and the magnitude of the other.</summary>
    static abstract TVector CopySign(TVector magnitude, TVector sign);

    /// <summary>Exchanges lanes 2i and 2i + 1.</summary>
    static abstract TVector SwapPairs(TVector value);

    /// <summary>The sum of all lanes: the upper half is added to the lower half until one lane is left.</summary>
    static abstract float Sum(TVector value);

    /// <summary>The greatest lane.</summary>
    static abstract float MaxAcross(TVector value);
}
