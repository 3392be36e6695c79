using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Winnow.Kernels.Linear;

/// <summary>What a launch is told: <c>LinearParams</c> of <c>kernels/linear/params.cuh</c>, which checks the size.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct CudaLinearParams
{
    /// <summary>Products that one launch makes at most.</summary>
    public const int MostParts = 4;

    /// <summary>The products.</summary>
    public PartList Parts;

    /// <summary>F32 [rows, inputs], or packed [rows, stride].</summary>
    public nint Input;

    /// <summary>F32 [rows, outputs]: a gate that was computed before; else zero.</summary>
    public nint Gate;

    /// <summary>Rows of the input.</summary>
    public int Rows;

    /// <summary>Columns of the input.</summary>
    public int Inputs;

    /// <summary>Values from one packed row to the next.</summary>
    public int Stride;

    /// <summary>How many parts there are.</summary>
    public int Count;

    /// <summary>Room for all parts.</summary>
    [InlineArray(MostParts)]
    public struct PartList
    {
        private CudaLinearPart _first;
    }
}
