using System.Collections.Generic;

namespace Winnow.Benchmarking.Checking;

/// <summary>Computes what a kernel's outputs should be, for checks that are written in C#.</summary>
/// <param name="inputs">What the kernel is given, by name: memory that it reads, as it was before, and numbers as one value each.</param>
/// <param name="outputs">What it writes, by name: as many values as the kernel writes, to be filled; they are NaN before.</param>
public delegate void ExpectedOutputs(IReadOnlyDictionary<string, double[]> inputs, IReadOnlyDictionary<string, double[]> outputs);
