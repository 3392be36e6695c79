using System.Runtime.InteropServices;

namespace Winnow.Kernels.Attention;

/// <summary>What an attention call with signals hands to their kernel: <c>SignalParameters</c> of <c>kernels/attention/slot_signals.cuh</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CudaSignalParameters
{
    /// <summary>The bytes that both sides agree on.</summary>
    public const int Bytes = 264;

    public CudaAttentionParameters Call;
    public nint ColumnMass;
    public nint WindowMass;
    public nint LastRow;
    public nint ColumnMaximum;
    public nint Hits;
    public int WindowTokens;
    public float HitThreshold;

    /// <param name="call">The call, its log-sum-exps known.</param>
    /// <param name="problem">The same with its signals.</param>
    public CudaSignalParameters(in CudaAttentionParameters call, in AttentionProblem problem)
    {
        Call = call;
        ColumnMass = (nint)problem.ColumnMass;
        WindowMass = (nint)problem.WindowMass;
        LastRow = (nint)problem.LastRow;
        ColumnMaximum = (nint)problem.ColumnMaximum;
        Hits = (nint)problem.Hits;
        WindowTokens = problem.WindowTokens;
        HitThreshold = problem.HitThreshold;
    }
}
