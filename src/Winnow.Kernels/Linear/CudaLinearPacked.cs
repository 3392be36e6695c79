namespace Winnow.Kernels.Linear;

/// <summary>What was made of the input of a call, so that weights which take the same share it.</summary>
internal struct CudaLinearPacked
{
    /// <summary>Whether it came so, and nothing is to be done.</summary>
    public bool IsInput;

    /// <summary>What it is packed to.</summary>
    public CudaLinearForm Form;

    /// <summary>Whether the inputs of each step were added up, too.</summary>
    public bool HasTotals;
}
