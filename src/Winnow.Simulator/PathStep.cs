namespace Winnow.Simulator;

/// <summary>An instruction at which a critical path waits; see <see cref="KernelProfile.LongestPathSteps"/>.</summary>
/// <param name="Instruction">The instruction of the PTX.</param>
/// <param name="File">The file of its source; empty where the compiler did not say.</param>
/// <param name="Line">The line in <paramref name="File"/>, from 1; 0 where the compiler did not say.</param>
/// <param name="Place">The same with the places that it was inlined at, the outermost first: <c>k.cu(28) &gt; c.cuh(49)</c>; empty where the compiler did not say.</param>
/// <param name="PtxLine">The line in the PTX, from 1.</param>
/// <param name="Part">What it waits for.</param>
/// <param name="Clocks">How long, all times together.</param>
/// <param name="Times">How often the path leads through it.</param>
public sealed record PathStep(string Instruction, string File, int Line, string Place, int PtxLine, PathPart Part, double Clocks, double Times);
