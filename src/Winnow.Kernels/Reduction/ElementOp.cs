namespace Winnow.Kernels.Reduction;

/// <summary>
/// What <see cref="IReduction.Map"/> makes of an entry l of the left operand and an entry r of the right one, which is b everywhere where there is no
/// right operand. All but <see cref="Exp"/> and <see cref="Logistic"/> are rounded as IEEE 754 says, so that every device gives the same bits.
/// </summary>
public enum ElementOp
{
    /// <summary>l * r.</summary>
    Multiply,

    /// <summary>l + r.</summary>
    Add,

    /// <summary>l + a * r, rounded once.</summary>
    AddScaled,

    /// <summary>a * l + r, rounded once; without a right operand a * l + b.</summary>
    MultiplyAdd,

    /// <summary>l / r.</summary>
    Divide,

    /// <summary>The greater of l and r; NaN where one of them is.</summary>
    Max,

    /// <summary>The lesser of l and r; NaN where one of them is.</summary>
    Min,

    /// <summary>1 where l is at least r, else 0, also where one of them is NaN.</summary>
    AtLeast,

    /// <summary>1 where l is greater than r, else 0, also where one of them is NaN.</summary>
    Greater,

    /// <summary>l where r is positive, else a.</summary>
    Select,

    /// <summary>1 / (1 + exp(-(a * l + r))), within a few units in the last place of 1; without a right operand of a * l + b.</summary>
    Logistic,

    /// <summary>e to the power of l, within a few units in the last place; below 1.2e-38 it may be 0. Takes no right operand.</summary>
    Exp,

    /// <summary>The square root of l. Takes no right operand.</summary>
    Sqrt,

    /// <summary>The magnitude of l. Takes no right operand.</summary>
    Abs,

    /// <summary>1 / l. Takes no right operand.</summary>
    Reciprocal,
}
