using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Kernels;

/// <summary>The widths that kernels exist for.</summary>
internal enum SimdWidth
{
    Bits128 = 128,
    Bits256 = 256,
    Bits512 = 512,
}

/// <summary>Which width this machine should use.</summary>
internal static class SimdWidths
{
    /// <summary>
    /// The widest one whose instructions exist. <see cref="Vector512.IsHardwareAccelerated"/> alone would refuse processors that lower
    /// their clock a little for wide vectors; for long runs of multiply-adds the wide ones still win there.
    /// </summary>
    public static SimdWidth Widest { get; } =
        Vector512.IsHardwareAccelerated || Avx512F.IsSupported ? SimdWidth.Bits512
        : Vector256.IsHardwareAccelerated ? SimdWidth.Bits256
        : SimdWidth.Bits128;
}
