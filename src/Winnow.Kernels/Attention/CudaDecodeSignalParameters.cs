using System.Runtime.InteropServices;

namespace Winnow.Kernels.Attention;

/// <summary>What a decode step with signals hands to its kernel: <c>DecodeSignalParameters</c> of <c>kernels/attention/decode_signals.cuh</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct CudaDecodeSignalParameters
{
    /// <summary>The bytes that both sides agree on.</summary>
    public const int Bytes = 280;

    public CudaSignalParameters Signals;
    public nint Lines;
    public int LineCount;
    public int Apart;
}
