using System.Collections.Generic;

namespace Winnow.Benchmarking.Cases;

/// <summary>What is timed of Winnow's own kernels: every operation of the six families, in shapes of an 8B model.</summary>
public static class KernelCases
{
    /// <summary>The cases, family by family.</summary>
    public static IReadOnlyList<KernelCase> All() =>
    [
        .. AttentionCases.All(), .. CacheCases.All(), .. LinearCases.All(), .. NormCases.All(), .. ReductionCases.All(), .. SamplingCases.All(),
    ];
}
