namespace Winnow.Simulator.Execution;

/// <summary>One place in the code of a function: an operation and who does it.</summary>
internal struct Step
{
    /// <summary>What is done.</summary>
    public Operation Operation;

    /// <summary>Where the predicate lies that guards it; a constant of all ones where there is no guard.</summary>
    public int Guard;

    /// <summary>All ones where the guard is negated.</summary>
    public uint Flip;
}
