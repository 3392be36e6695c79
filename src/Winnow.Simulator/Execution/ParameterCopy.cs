namespace Winnow.Simulator.Execution;

/// <summary>A parameter handed from a caller to what it calls, both in local memory.</summary>
/// <param name="From">Where it is, in the caller's part.</param>
/// <param name="To">Where it goes, in the callee's part.</param>
/// <param name="Bytes">Its size.</param>
internal readonly record struct ParameterCopy(int From, int To, int Bytes);
