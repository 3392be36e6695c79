using System.Runtime.InteropServices;

namespace Winnow.Kernels.Cache;

/// <summary>What an append hands to its kernel: <c>Arguments</c> of <c>kernels/cache/append.cu</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct CudaAppendArguments
{
    /// <summary>The bytes that both sides agree on.</summary>
    public const int Bytes = 184;

    public CudaPagedKv Cache;
    public nint Queries;
    public nint Keys;
    public nint Values;
    public nint Table;
    public nint QueryNorm;
    public nint KeyNorm;
    public nint Rows;
    public nint Starts;
    public nint Positions;
    public nint Tickets;
    public int Layer;
    public int Heads;
    public int KeyL1;
    public int KeyL2;
    public int ValueL1;
    public int ValueL2;
    public float Epsilon;
    public int Unused;
}
