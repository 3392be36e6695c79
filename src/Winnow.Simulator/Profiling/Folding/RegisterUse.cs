namespace Winnow.Simulator.Profiling.Folding;

/// <summary>A place where a register is read.</summary>
/// <param name="Instruction">The instruction, by its place in the function.</param>
/// <param name="Operand">Which of its operands; below 0 for its guard.</param>
/// <param name="IsAddress">Whether the register is what an address begins with.</param>
internal readonly record struct RegisterUse(int Instruction, int Operand, bool IsAddress);
