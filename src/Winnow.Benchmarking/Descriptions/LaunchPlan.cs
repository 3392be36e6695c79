using System.Collections.Generic;
using System.Linq;
using Winnow.Gpu;

namespace Winnow.Benchmarking.Descriptions;

/// <summary>A launch, worked out from a <see cref="KernelDescription"/>.</summary>
/// <param name="Shape">Grid, block and dynamic shared memory.</param>
/// <param name="Arguments">The arguments in the kernel's order.</param>
/// <param name="Flops">Operations of the launch; null where the description does not say.</param>
public sealed record LaunchPlan(LaunchShape Shape, IReadOnlyList<PlannedArgument> Arguments, double? Flops)
{
    /// <summary>Bytes that the kernel reads, each counted once.</summary>
    public long ReadBytes => Arguments.Where(argument => argument.IsRead).Sum(argument => argument.Bytes);

    /// <summary>Bytes that the kernel writes, each counted once.</summary>
    public long WrittenBytes => Arguments.Where(argument => argument.IsWritten).Sum(argument => argument.Bytes);

    /// <summary>Device memory that the arguments need.</summary>
    public long MemoryBytes => Arguments.Where(argument => argument.IsMemory).Sum(argument => argument.Bytes);
}
