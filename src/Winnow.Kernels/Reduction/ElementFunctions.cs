using System.Runtime.Intrinsics;

namespace Winnow.Kernels.Reduction;

/// <summary>The formulas of <see cref="ElementOp"/>.</summary>
internal static class ElementFunctions
{
    /// <summary>The greater of two; NaN where one is.</summary>
    public static Vector256<float> Greater(Vector256<float> l, Vector256<float> r) =>
        Vector256.ConditionalSelect(Vector256.GreaterThan(l, r) | ~Vector256.Equals(l, l), l, r);

    private static Vector256<float> OneWhere(Vector256<float> mask) => mask & Vector256<float>.One;

    internal readonly struct Multiply : IElementFunction
    {
        public static Vector256<float> Of(Vector256<float> l, Vector256<float> r, Vector256<float> a) => l * r;
    }

    internal readonly struct Add : IElementFunction
    {
        public static Vector256<float> Of(Vector256<float> l, Vector256<float> r, Vector256<float> a) => l + r;
    }

    internal readonly struct AddScaled : IElementFunction
    {
        public static Vector256<float> Of(Vector256<float> l, Vector256<float> r, Vector256<float> a) => Vector256.FusedMultiplyAdd(a, r, l);
    }

    internal readonly struct MultiplyAdd : IElementFunction
    {
        public static Vector256<float> Of(Vector256<float> l, Vector256<float> r, Vector256<float> a) => Vector256.FusedMultiplyAdd(a, l, r);
    }

    internal readonly struct Divide : IElementFunction
    {
        public static Vector256<float> Of(Vector256<float> l, Vector256<float> r, Vector256<float> a) => l / r;
    }

    internal readonly struct Max : IElementFunction
    {
        public static Vector256<float> Of(Vector256<float> l, Vector256<float> r, Vector256<float> a) => Greater(l, r);
    }

    internal readonly struct Min : IElementFunction
    {
        public static Vector256<float> Of(Vector256<float> l, Vector256<float> r, Vector256<float> a) =>
            Vector256.ConditionalSelect(Vector256.LessThan(l, r) | ~Vector256.Equals(l, l), l, r);
    }

    internal readonly struct AtLeast : IElementFunction
    {
        public static Vector256<float> Of(Vector256<float> l, Vector256<float> r, Vector256<float> a) =>
            OneWhere(Vector256.GreaterThanOrEqual(l, r));
    }

    internal readonly struct IsGreater : IElementFunction
    {
        public static Vector256<float> Of(Vector256<float> l, Vector256<float> r, Vector256<float> a) => OneWhere(Vector256.GreaterThan(l, r));
    }

    internal readonly struct Select : IElementFunction
    {
        public static Vector256<float> Of(Vector256<float> l, Vector256<float> r, Vector256<float> a) =>
            Vector256.ConditionalSelect(Vector256.GreaterThan(r, Vector256<float>.Zero), l, a);
    }

    internal readonly struct Logistic : IElementFunction
    {
        public static Vector256<float> Of(Vector256<float> l, Vector256<float> r, Vector256<float> a)
        {
            Vector256<float> power = VectorMath.Exp<Simd256, Vector256<float>>(-Vector256.FusedMultiplyAdd(a, l, r));
            return Vector256<float>.One / (Vector256<float>.One + power);
        }
    }

    internal readonly struct Exp : IElementFunction
    {
        public static Vector256<float> Of(Vector256<float> l, Vector256<float> r, Vector256<float> a) =>
            VectorMath.Exp<Simd256, Vector256<float>>(l);
    }

    internal readonly struct Sqrt : IElementFunction
    {
        public static Vector256<float> Of(Vector256<float> l, Vector256<float> r, Vector256<float> a) => Vector256.Sqrt(l);
    }

    internal readonly struct Abs : IElementFunction
    {
        public static Vector256<float> Of(Vector256<float> l, Vector256<float> r, Vector256<float> a) => Vector256.Abs(l);
    }

    internal readonly struct Reciprocal : IElementFunction
    {
        public static Vector256<float> Of(Vector256<float> l, Vector256<float> r, Vector256<float> a) => Vector256<float>.One / l;
    }
}
