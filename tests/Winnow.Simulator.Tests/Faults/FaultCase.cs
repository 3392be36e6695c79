using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;
using Winnow.Gpu;

namespace Winnow.Simulator.Tests.Faults;

/// <summary>
/// A kernel that does one thing wrong where <c>FAULT</c> is 1, and is correct where it is 0. Its parameters are
/// <c>(int* out, int* in, int n)</c>: out is 64 numbers that nothing wrote, in is the numbers 0 to 63, n is 64. A comment
/// <c>// &lt;- kind</c> marks the line that is reported; several lines where the order of warps decides which.
/// </summary>
internal sealed partial record FaultCase(string Source)
{
    /// <summary>The shape of its launch.</summary>
    public LaunchShape Shape { get; init; } = LaunchShape.Linear(1, 32);

    /// <summary>What it is compiled for.</summary>
    public string Architecture { get; init; } = "compute_80";

    /// <summary>The blocks of which one is reported: one, but for the parties of a race in a cluster.</summary>
    public int[] Blocks { get; init; } = [0];

    /// <summary>The threads of which one is reported: one, but for the parties of a race.</summary>
    public int[] Threads { get; init; } = [0];

    /// <summary>Whether <c>in</c> is given back before the faulty launch.</summary>
    public bool FreesInput { get; init; }

    /// <summary>
    /// Whether it is launched as one that may begin before the launch before it has ended, which is the kernel without its fault and writes <c>in</c>.
    /// </summary>
    public bool IsDependent { get; init; }

    /// <summary>What the message says besides, in any case.</summary>
    public string Says { get; init; } = "";

    /// <summary>The kernel.</summary>
    public string Kernel => EntryName().Match(Source).Groups[1].Value;

    /// <summary>The lines that may be reported, from 1.</summary>
    public IEnumerable<int> Lines => Source.Split('\n').Index().Where(line => Marker().IsMatch(line.Item)).Select(line => line.Index + 1);

    /// <summary>The kind that is reported.</summary>
    public string Kind => Marker().Match(Source).Groups[1].Value;

    /// <summary>The name of the test case.</summary>
    public override string ToString() => Kernel;

    [GeneratedRegex(@"__global__ void (\w+)\(")]
    private static partial Regex EntryName();

    [GeneratedRegex(@"// <- ([\w-]+)")]
    private static partial Regex Marker();
}
