using System;
using System.Collections.Generic;
using System.Text.RegularExpressions;
using Winnow.Gpu;

namespace Winnow.Simulator.Tests.Faults;

/// <summary>
/// A kernel that does one thing wrong where <c>FAULT</c> is 1, and is correct where it is 0. It is called <c>fault</c>'s name with
/// <c>(int* out, int* in, int n)</c>: out is 64 numbers that nothing wrote, in is the numbers 0 to 63, n is 64. A comment
/// <c>// &lt;- kind</c> marks the line that is reported; several lines where the order of warps decides which.
/// </summary>
internal sealed partial record FaultCase(string Source)
{
    /// <summary>The shape of its launch.</summary>
    public LaunchShape Shape { get; init; } = LaunchShape.Linear(1, 32);

    /// <summary>The block that is reported.</summary>
    public int Block { get; init; }

    /// <summary>The threads of which one is reported: one, but for the parties of a race.</summary>
    public int[] Threads { get; init; } = [0];

    /// <summary>Whether <c>in</c> is given back before the faulty launch.</summary>
    public bool FreesInput { get; init; }

    /// <summary>What the message says besides, in any case.</summary>
    public string Says { get; init; } = "";

    /// <summary>The kernel.</summary>
    public string Kernel => EntryName().Match(Source).Groups[1].Value;

    /// <summary>The lines that may be reported, from 1.</summary>
    public IReadOnlyList<int> Lines => Marked(_ => true);

    /// <summary>The kind that is reported.</summary>
    public string Kind => Marker().Match(Source).Groups[1].Value;

    /// <summary>The name of the test case.</summary>
    public override string ToString() => Kernel;

    private List<int> Marked(Func<string, bool> isMeant)
    {
        var lines = new List<int>();
        string[] text = Source.Split('\n');
        for (int i = 0; i < text.Length; i++)
        {
            Match match = Marker().Match(text[i]);
            if (match.Success && isMeant(match.Groups[1].Value))
            {
                lines.Add(i + 1);
            }
        }

        return lines;
    }

    [GeneratedRegex(@"__global__ void (\w+)\(")]
    private static partial Regex EntryName();

    [GeneratedRegex(@"// <- ([\w-]+)")]
    private static partial Regex Marker();
}
