using System;
using System.Numerics;

namespace Winnow.Kernels.Norm;

/// <summary>How the kernels spread a head over lanes: the same rule as <c>HeadShape</c> of <c>kernels/norm/rope.cuh</c>.</summary>
/// <param name="Pairs">Pairs that rotate.</param>
/// <param name="Lanes">Lanes that hold a head.</param>
internal readonly record struct HeadShape(int Pairs, int Lanes)
{
    /// <summary>The largest head that stays in registers.</summary>
    public const int MostDim = 512;

    private const int WarpLanes = 32;

    /// <summary>The shape for a head size, a number of pairs and a layout.</summary>
    public static HeadShape For(int headDim, int pairs, RopeLayout layout)
    {
        Operands.Require(headDim <= MostDim, $"Heads of {headDim} are too large for the kernels; {MostDim} is the most.", nameof(headDim));
        int vector = layout == RopeLayout.Interleaved
            ? pairs % 2 == 0 && headDim % 4 == 0 ? 2 : 1
            : pairs % 4 == 0 && headDim % 4 == 0 ? 4 : pairs % 2 == 0 && headDim % 2 == 0 ? 2 : 1;
        int units = Math.Max(pairs, headDim - (2 * pairs)) / vector;
        return new HeadShape(pairs, (int)Math.Min(WarpLanes, BitOperations.RoundUpToPowerOf2((uint)Math.Max(1, units))));
    }
}
