namespace Winnow.Simulator.Execution;

internal sealed unsafe partial class Warp
{
    /// <summary>The carry flag of each lane: what <c>add.cc</c> writes and <c>addc</c> reads.</summary>
    public uint Carry;
}
