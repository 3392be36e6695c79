namespace Winnow.Simulator.Execution;

/// <summary>A special register that a function reads, filled in before a block runs.</summary>
/// <param name="Name">Its name, for instance <c>%tid.x</c>.</param>
/// <param name="Offset">Where its lanes lie in the register file.</param>
/// <param name="IsWide">Whether it has 64 bits.</param>
/// <param name="IsPredicate">Whether it is a predicate.</param>
internal readonly record struct SpecialRegister(string Name, int Offset, bool IsWide, bool IsPredicate = false);
