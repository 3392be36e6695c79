using System.Collections.Generic;
using System.Linq;

namespace Winnow.Benchmarking.Checking;

/// <summary>Whether a kernel computes what it should.</summary>
/// <param name="Kernel">The kernel.</param>
/// <param name="Device">What it ran on.</param>
/// <param name="Rule">How what is allowed was found, for people.</param>
/// <param name="Outputs">One for each output.</param>
public sealed record CheckResult(string Kernel, string Device, string Rule, IReadOnlyList<OutputComparison> Outputs)
{
    /// <summary>Whether all outputs are as near as allowed.</summary>
    public bool IsPassed => Outputs.All(output => output.IsPassed);
}
