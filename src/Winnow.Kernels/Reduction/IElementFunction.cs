using System.Runtime.Intrinsics;

namespace Winnow.Kernels.Reduction;

/// <summary>The formula of an <see cref="ElementOp"/>, lane by lane.</summary>
internal interface IElementFunction
{
    /// <summary>What is made of the entries of the left and the right operand.</summary>
    static abstract Vector256<float> Of(Vector256<float> l, Vector256<float> r, Vector256<float> a);
}
