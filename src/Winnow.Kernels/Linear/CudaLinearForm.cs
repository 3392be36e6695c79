namespace Winnow.Kernels.Linear;

/// <summary>What an input is packed to.</summary>
internal enum CudaLinearForm
{
    /// <summary>Not packed yet.</summary>
    None,

    /// <summary>F16 as it lies, for weights of that type.</summary>
    Halves,

    /// <summary>BF16 as it lies, for weights of that type.</summary>
    BrainFloats,

    /// <summary>F16 in the slot order of <c>kernels/linear/pieces.cuh</c>, for blocks.</summary>
    Slots,

    /// <summary>F16 in the order of fragments, for blocks on Hopper.</summary>
    Fragments,
}
