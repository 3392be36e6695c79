using System.Runtime.InteropServices;

namespace Winnow.Kernels.Linear;

/// <summary>One product of a launch: <c>LinearPart</c> of <c>kernels/linear/params.cuh</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct CudaLinearPart
{
    /// <summary>F32 [rows, outputs].</summary>
    public nint Output;

    /// <summary>[outputs, inputs].</summary>
    public nint Weight;

    /// <summary>F32 [outputs] or zero.</summary>
    public nint Bias;

    /// <summary>F32 [rows, outputs] or zero.</summary>
    public nint Residual;

    /// <summary>Rows of the weight.</summary>
    public int Outputs;

    /// <summary>Tiles of outputs of the parts before.</summary>
    public int FirstTile;
}
