using Winnow.Gpu;

namespace Winnow.Simulator.Execution;

/// <summary>An operation that lanes do together, so that those who come first wait.</summary>
internal interface IGathering
{
    /// <summary>The fault that it is when some never come.</summary>
    /// <param name="warp">The warp.</param>
    /// <param name="lane">One that waits.</param>
    /// <param name="missing">Those that are missing.</param>
    GpuFaultException Fault(Warp warp, int lane, uint missing);
}
