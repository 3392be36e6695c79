namespace Winnow.Simulator.Ptx;

/// <summary>A place in a variable's initial bytes that holds the address of something.</summary>
/// <param name="Offset">Where in the variable, bytes.</param>
/// <param name="Bytes">How many bytes of the address go there: 1, 2, 4 or 8.</param>
/// <param name="Symbol">The variable or function whose address it is.</param>
/// <param name="Addend">What is added to the address.</param>
/// <param name="IsGeneric">Whether the generic address is meant, and not the one within the state space.</param>
/// <param name="Shift">The first bit of the address that goes there, for <c>0xFF00(symbol)</c>.</param>
internal readonly record struct PtxRelocation(int Offset, int Bytes, string Symbol, long Addend, bool IsGeneric, int Shift);
