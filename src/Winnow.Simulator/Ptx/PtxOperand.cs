namespace Winnow.Simulator.Ptx;

/// <summary>One operand of a PTX instruction.</summary>
internal sealed record PtxOperand
{
    /// <summary>What it is.</summary>
    public required PtxOperandKind Kind { get; init; }

    /// <summary>The register (with its percent sign), symbol or label; for an address its base.</summary>
    public string Name { get; init; } = "";

    /// <summary>An immediate's bits (sign extended), or an address's offset.</summary>
    public long Bits { get; init; }

    /// <summary>For immediates: a 0f or 0d literal.</summary>
    public bool IsFloat { get; init; }

    /// <summary>For immediates with <see cref="IsFloat"/>: a 0d literal, so <see cref="Bits"/> holds 64 of them.</summary>
    public bool IsDouble { get; init; }

    /// <summary>For predicates: <c>!%p</c>.</summary>
    public bool Negated { get; init; }

    /// <summary>For vectors: <c>a|b</c>.</summary>
    public bool IsPair { get; init; }

    /// <summary>For vectors: the elements.</summary>
    public PtxOperand[] Parts { get; init; } = [];

    /// <summary>Whether an address has a register as its base.</summary>
    public bool HasRegisterBase => Name.StartsWith('%');
}
