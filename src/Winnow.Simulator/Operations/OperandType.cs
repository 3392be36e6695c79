namespace Winnow.Simulator.Operations;

/// <summary>How the bits of a value are read.</summary>
internal enum OperandTypeKind
{
    /// <summary>Bits without a meaning: <c>b32</c>.</summary>
    Bits,

    /// <summary>An unsigned integer: <c>u32</c>.</summary>
    Unsigned,

    /// <summary>A signed integer: <c>s32</c>.</summary>
    Signed,

    /// <summary>A float of IEEE 754: <c>f16</c>, <c>f32</c>, <c>f64</c>.</summary>
    Float,

    /// <summary>A brain float: <c>bf16</c>.</summary>
    Brain,

    /// <summary>A float of 19 bits in 32: <c>tf32</c>.</summary>
    Tensor,

    /// <summary>A predicate: <c>pred</c>.</summary>
    Predicate,
}

/// <summary>A type of PTX.</summary>
/// <param name="Kind">How the bits are read.</param>
/// <param name="Bits">The bits of one value.</param>
/// <param name="IsPacked">Two of them in 32 bits: <c>f16x2</c>.</param>
internal readonly record struct OperandType(OperandTypeKind Kind, int Bits, bool IsPacked = false)
{
    /// <summary>The bits of a register that holds it.</summary>
    public int RegisterBits => IsPacked ? 2 * Bits : Bits;

    /// <summary>True for floats of every kind.</summary>
    public bool IsFloat => Kind is OperandTypeKind.Float or OperandTypeKind.Brain or OperandTypeKind.Tensor;

    /// <summary>True for signed integers.</summary>
    public bool IsSigned => Kind == OperandTypeKind.Signed;

    /// <summary>Reads a modifier such as <c>s32</c>; false where it is none of these types.</summary>
    public static bool TryParse(string name, out OperandType type)
    {
        type = name switch
        {
            "pred" => new OperandType(OperandTypeKind.Predicate, 1),
            "b8" => new OperandType(OperandTypeKind.Bits, 8),
            "b16" => new OperandType(OperandTypeKind.Bits, 16),
            "b32" => new OperandType(OperandTypeKind.Bits, 32),
            "b64" => new OperandType(OperandTypeKind.Bits, 64),
            "u8" => new OperandType(OperandTypeKind.Unsigned, 8),
            "u16" => new OperandType(OperandTypeKind.Unsigned, 16),
            "u16x2" => new OperandType(OperandTypeKind.Unsigned, 16, IsPacked: true),
            "s16x2" => new OperandType(OperandTypeKind.Signed, 16, IsPacked: true),
            "u32" => new OperandType(OperandTypeKind.Unsigned, 32),
            "u64" => new OperandType(OperandTypeKind.Unsigned, 64),
            "s8" => new OperandType(OperandTypeKind.Signed, 8),
            "s16" => new OperandType(OperandTypeKind.Signed, 16),
            "s32" => new OperandType(OperandTypeKind.Signed, 32),
            "s64" => new OperandType(OperandTypeKind.Signed, 64),
            "f16" => new OperandType(OperandTypeKind.Float, 16),
            "f32" => new OperandType(OperandTypeKind.Float, 32),
            "f64" => new OperandType(OperandTypeKind.Float, 64),
            "f16x2" => new OperandType(OperandTypeKind.Float, 16, IsPacked: true),
            "bf16" => new OperandType(OperandTypeKind.Brain, 16),
            "bf16x2" => new OperandType(OperandTypeKind.Brain, 16, IsPacked: true),
            "tf32" => new OperandType(OperandTypeKind.Tensor, 32),
            _ => default,
        };
        return type.Bits != 0;
    }
}
