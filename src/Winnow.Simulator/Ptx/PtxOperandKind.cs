namespace Winnow.Simulator.Ptx;

/// <summary>What an operand is.</summary>
internal enum PtxOperandKind
{
    /// <summary>A register, special registers like <c>%tid.x</c> included: <see cref="PtxOperand.Name"/>. A leading ! sets Negated.</summary>
    Register,

    /// <summary>A number: <see cref="PtxOperand.Bits"/>, with <see cref="PtxOperand.IsFloat"/> telling 0f/0d literals (Bits holds their raw bits).</summary>
    Immediate,

    /// <summary>The name of a variable, parameter or function: <see cref="PtxOperand.Name"/>; Bits is what is added to its address.</summary>
    Symbol,

    /// <summary>A branch target: <see cref="PtxOperand.Name"/>. Told from a symbol by the function's labels.</summary>
    Label,

    /// <summary>
    /// <c>[base + offset]</c>: Name is a register (it begins with %) or a symbol (empty for an absolute address), Bits the offset.
    /// Parts holds the coordinates of <c>[tensor, {x, y}]</c>.
    /// </summary>
    Address,

    /// <summary><c>{a, b, ...}</c>: <see cref="PtxOperand.Parts"/>. The same for <c>a|b</c> (destination and predicate) with IsPair set, and for parenthesized lists of calls.</summary>
    Vector,

    /// <summary><c>_</c>: the result is thrown away.</summary>
    Sink,
}
