namespace Winnow.Simulator.Ptx;

/// <summary>A register that a function uses.</summary>
/// <param name="Name">Its name as operands hold it: one name is one register of the function, whatever scope declared it.</param>
/// <param name="Type">The type it was declared with, without the dot: <c>b32</c>, <c>f64</c>, <c>pred</c>.</param>
internal sealed record PtxRegister(string Name, string Type)
{
    /// <summary>Its width, bits; 1 for predicates.</summary>
    public int Bits { get; } = PtxType.Bits(Type);

    /// <summary>Whether it is a predicate.</summary>
    public bool IsPredicate => Bits == 1;

    /// <summary>The operand that names it, shared by all its uses.</summary>
    public PtxOperand Operand { get; } = new() { Kind = PtxOperandKind.Register, Name = Name };
}
