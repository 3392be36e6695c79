using System.Collections.Generic;
using Winnow.Kernels.Attention;
using Winnow.Kernels.Cache;
using Winnow.Kernels.Linear;
using Winnow.Kernels.Norm;
using Winnow.Kernels.Reduction;
using Winnow.Kernels.Sampling;

namespace Winnow.Kernels.Tests;

/// <summary>The variants that stand for all: every kernel, and of each constant the values that matter.</summary>
internal static class ShippedKernels
{
    public static IEnumerable<KernelVariant> All() =>
    [
        .. CudaAttention.Shipped(), .. CudaCache.Shipped(), .. CudaLinear.Shipped(), .. CudaNorm.Shipped(), .. CudaReduction.Shipped(),
        .. CudaSampling.Shipped(),
    ];
}
