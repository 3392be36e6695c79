using System;

namespace Winnow.Benchmarking.Cases;

/// <summary>A case with its operands.</summary>
/// <param name="Run">Issues the operation.</param>
/// <param name="Flops">Operations that it is asked for, whatever a kernel does beside; 0 where counting them says nothing.</param>
/// <param name="Restore">Puts back what the operation changes and reads the next time; null where nothing needs it.</param>
/// <param name="SharedBytes">Of a part of a case: bytes of inputs that every part reads.</param>
internal sealed record CaseWork(Action Run, double Flops = 0, Action? Restore = null, long SharedBytes = 0);
