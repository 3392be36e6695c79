using System;

namespace Winnow.Benchmarking.Cases;

/// <summary>A case with its operands.</summary>
/// <param name="Run">Issues the operation.</param>
/// <param name="Flops">Operations that it is asked for, whatever a kernel does beside; 0 where counting them says nothing.</param>
/// <param name="Restore">Puts back what the operation changes and reads the next time; null where nothing needs it.</param>
internal sealed record CaseWork(Action Run, double Flops = 0, Action? Restore = null);
