using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Execution;

/// <summary>
/// Generic addresses. Global memory, constants and the parameters of kernels have the addresses of the native memory that holds them; shared and
/// local memory have windows of their own, far above any native address.
/// </summary>
internal static class AddressSpaces
{
    /// <summary>Generic addresses have their window in the bits from this one on.</summary>
    public const int WindowShift = 56;

    /// <summary>The generic address of byte 0 of shared memory.</summary>
    public const ulong Shared = 1ul << WindowShift;

    /// <summary>The generic address of byte 0 of a thread's local memory.</summary>
    public const ulong Local = 2ul << WindowShift;

    /// <summary>Which part of a generic address is its window.</summary>
    public const ulong WindowMask = ulong.MaxValue << WindowShift;

    /// <summary>What is added to an address within a space to make it generic.</summary>
    public static ulong WindowOf(PtxSpace space) => space switch
    {
        PtxSpace.Shared => Shared,
        PtxSpace.Local => Local,
        _ => 0,
    };
}
