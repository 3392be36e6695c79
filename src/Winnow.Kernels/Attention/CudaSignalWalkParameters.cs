using System.Runtime.InteropServices;

namespace Winnow.Kernels.Attention;

/// <summary>What signals of prompts hand to their kernel: <c>SignalWalkParameters</c> of <c>kernels/attention/signal_rows.cuh</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct CudaSignalWalkParameters
{
    /// <summary>The bytes that both sides agree on.</summary>
    public const int Bytes = 280;

    public CudaSignalParameters Signals;
    public nint Sections;
    public int SectionRoom;
    public int Shares;
}
