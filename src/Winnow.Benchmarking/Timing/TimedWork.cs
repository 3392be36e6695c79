using System;
using Winnow.Gpu;

namespace Winnow.Benchmarking.Timing;

/// <summary>Something that can be timed.</summary>
/// <param name="Issue">Issues it once to a stream; the number says which copy of its data it works on, from 0.</param>
/// <param name="Restore">Puts back what it changes, on a stream, not timed; null where nothing needs it.</param>
/// <param name="Copies">Copies of its data.</param>
public sealed record TimedWork(Action<GpuStream, int> Issue, Action<GpuStream>? Restore = null, int Copies = 1);
