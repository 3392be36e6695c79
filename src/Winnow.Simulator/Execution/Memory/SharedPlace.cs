namespace Winnow.Simulator.Execution.Memory;

/// <summary>An operand that must lie in the block's shared memory. In a cluster of one block <c>shared::cluster</c> is the same.</summary>
/// <param name="Address">Its address.</param>
/// <param name="IsGeneric">Whether that is a generic one.</param>
internal readonly record struct SharedPlace(AddressOperand Address, bool IsGeneric)
{
    /// <summary>Writes the offset of each lane to <see cref="Warp.Addresses"/>; <see cref="OffsetOf"/> looks at one.</summary>
    public void Compute(Warp warp) => Address.Compute(warp);

    /// <summary>The offset of a lane, after a look whether it may be accessed.</summary>
    /// <param name="warp">The warp.</param>
    /// <param name="lane">The lane.</param>
    /// <param name="bytes">How many bytes are accessed.</param>
    /// <param name="alignment">What the offset must be a multiple of.</param>
    public unsafe int OffsetOf(Warp warp, int lane, int bytes, int alignment)
    {
        ulong offset = warp.Addresses[lane] - (IsGeneric ? AddressSpaces.Shared : 0);
        ulong size = (ulong)warp.Block.SharedBytes;
        if (offset > size || offset + (ulong)bytes > size)
        {
            string problem = $"{bytes} bytes at address 0x{warp.Addresses[lane]:x}, which are not in the {size} bytes of shared memory";
            throw warp.Fault(FaultKinds.OutOfBounds, lane, problem);
        }

        return offset % (ulong)alignment == 0
            ? (int)offset
            : throw warp.Fault(FaultKinds.Misaligned, lane, $"byte {offset} of shared memory where a multiple of {alignment} is needed");
    }
}
