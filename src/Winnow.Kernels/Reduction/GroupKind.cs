namespace Winnow.Kernels.Reduction;

/// <summary>What <see cref="IReduction.CombineGroups"/> makes of the rows of a group.</summary>
public enum GroupKind
{
    /// <summary>Their sum.</summary>
    Sum,

    /// <summary>Their sum over their number.</summary>
    Mean,

    /// <summary>The greatest of them; NaN where one of them is.</summary>
    Max,
}
