using System.Runtime.Intrinsics;

namespace Winnow.Simulator.Execution.Memory;

/// <summary>Where an access takes its addresses from.</summary>
/// <param name="Register">The register of the base.</param>
/// <param name="IsWide">Whether it has 64 bits.</param>
/// <param name="Offset">What is added.</param>
/// <param name="IsInFrame">Whether it is an offset into the local memory of the present call.</param>
internal readonly record struct AddressOperand(int Register, bool IsWide, long Offset, bool IsInFrame)
{
    /// <summary>Writes the address of each lane to <see cref="Warp.Addresses"/>.</summary>
    public unsafe void Compute(Warp warp)
    {
        ulong* addresses = warp.Addresses;
        byte* register = warp.Registers + Register;
        var offset = Vector256.Create((ulong)(IsInFrame ? Offset + warp.Frame.LocalBase : Offset));
        if (IsWide)
        {
            for (int lane = 0; lane < Warp.Lanes; lane += 4)
            {
                (Vector256.Load((ulong*)register + lane) + offset).Store(addresses + lane);
            }

            return;
        }

        // Addresses of 32 bits wrap around there.
        var low = Vector256.Create((uint)offset.ToScalar());
        for (int lane = 0; lane < Warp.Lanes; lane += 8)
        {
            (Vector256<ulong> lower, Vector256<ulong> upper) = Vector256.Widen(Vector256.Load((uint*)register + lane) + low);
            lower.Store(addresses + lane);
            upper.Store(addresses + lane + 4);
        }
    }
}
