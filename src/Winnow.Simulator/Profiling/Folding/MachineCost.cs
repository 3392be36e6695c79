namespace Winnow.Simulator.Profiling.Folding;

/// <summary>What an assembler makes of an instruction of PTX.</summary>
/// <param name="Slots">How many instructions of the machine; 0 where it becomes part of others.</param>
/// <param name="Specials">How many of them are those of the special function unit, beyond what the instruction is itself.</param>
/// <param name="Steps">How many of them, of plain arithmetic, wait for one another; 0 where the instruction is one of the machine, which takes what it takes.</param>
/// <param name="SpecialSteps">How many of the special function unit wait for one another besides.</param>
internal readonly record struct MachineCost(int Slots, int Specials = 0, int Steps = 0, int SpecialSteps = 0)
{
    /// <summary>One instruction for one.</summary>
    public static MachineCost One { get; } = new(1);

    /// <summary>Part of others.</summary>
    public static MachineCost Folded { get; }
}
