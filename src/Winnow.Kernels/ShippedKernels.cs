using System.Collections.Generic;
using Winnow.Gpu;
using Winnow.Kernels.Attention;
using Winnow.Kernels.Cache;
using Winnow.Kernels.Linear;
using Winnow.Kernels.Norm;
using Winnow.Kernels.Reduction;
using Winnow.Kernels.Sampling;

namespace Winnow.Kernels;

/// <summary>The CUDA kernels that ship, for tools that compile, list or measure them.</summary>
public static class ShippedKernels
{
    /// <summary>The paths of the sources with kernels in them below <c>kernels/</c>, for instance <c>norm/norm.cu</c>.</summary>
    public static IEnumerable<string> Sources => KernelSources.Names;

    /// <summary>The variants that stand for all: every kernel, and of each constant the values that matter.</summary>
    public static IReadOnlyList<KernelVariant> All() =>
    [
        .. CudaAttention.Shipped(), .. CudaCache.Shipped(), .. CudaLinear.Shipped(), .. CudaNorm.Shipped(), .. CudaReduction.Shipped(),
        .. CudaSampling.Shipped(),
    ];

    /// <summary>A source with every header it may include.</summary>
    /// <param name="path">Its path below <c>kernels/</c>, see <see cref="Sources"/>.</param>
    /// <exception cref="System.ArgumentException">There is no such source.</exception>
    public static KernelSource Source(string path) => KernelSources.Get(path);
}
