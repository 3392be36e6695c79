using System.Collections.Generic;

namespace Winnow.Benchmarking.Traces;

/// <summary>What an evaluation ran on.</summary>
/// <param name="Hardware">The device's name. The simulator says that it is one.</param>
/// <param name="Libraries">Versions of libraries, by name.</param>
public sealed record TraceEnvironment(string Hardware, IReadOnlyDictionary<string, string> Libraries);
