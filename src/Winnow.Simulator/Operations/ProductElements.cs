using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Winnow.Simulator.Operations;

/// <summary>A type of the factors of <c>wgmma</c>.</summary>
internal unsafe interface IProductElement
{
    /// <summary>Values in 16 bytes.</summary>
    static abstract int Count { get; }

    /// <summary>Widens 16 bytes, exactly.</summary>
    /// <param name="chunk">The bytes.</param>
    /// <param name="to">Takes the values.</param>
    static abstract void Widen(byte* chunk, double* to);
}

/// <summary><c>f16</c> and <c>bf16</c></summary>
internal readonly unsafe struct ShortElement<TFloat> : IProductElement
    where TFloat : struct, INarrowFloat
{
    public static int Count => 8;

    [MethodImpl(Lane.Hot)]
    public static void Widen(byte* chunk, double* to)
    {
        Vector256<float> values = TFloat.ToSingle(VectorMath.Widen(Vector128.Load((ushort*)chunk)));
        VectorMath.Widen(values.GetLower()).Store(to);
        VectorMath.Widen(values.GetUpper()).Store(to + 4);
    }
}

/// <summary><c>tf32</c>: the lower 13 bits of a float are not looked at.</summary>
internal readonly unsafe struct TensorElement : IProductElement
{
    public static int Count => 4;

    [MethodImpl(Lane.Hot)]
    public static void Widen(byte* chunk, double* to)
        => VectorMath.Widen((Vector128.Load((uint*)chunk) & Vector128.Create(0xFFFFE000u)).AsSingle()).Store(to);
}
