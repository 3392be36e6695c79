using System.Numerics;
using System.Threading;

namespace Winnow.Simulator.Execution.Memory;

/// <summary>What an atomic instruction makes of a value in memory.</summary>
internal interface IAtomic<T>
{
    /// <summary>The new value.</summary>
    /// <param name="old">The value that is there.</param>
    /// <param name="b">The first operand.</param>
    /// <param name="c">The second operand, of a compare and swap.</param>
    static abstract T Apply(T old, T b, T c);
}

/// <summary><c>atom</c> and <c>red</c>: one lane after the other.</summary>
/// <param name="address">Where.</param>
/// <param name="destination">The register of the old value; below 0 where it is not wanted.</param>
/// <param name="b">The first operand.</param>
/// <param name="c">The second; the first again where there is none.</param>
internal sealed unsafe class Atomic<TSpace, T, TOp>(AddressOperand address, int destination, int b, int c) : Operation
    where TSpace : struct, ISpace
    where T : unmanaged, IBinaryInteger<T>
    where TOp : struct, IAtomic<T>
{
    public override void Execute(Warp warp, uint lanes)
    {
        address.Compute(warp);
        TSpace.Resolve(warp, lanes, sizeof(T), Access.Atomic);
        for (uint left = lanes; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            T old = Exchange((T*)warp.Addresses[lane], Get(warp, b, lane), Get(warp, c, lane));
            if (destination >= 0)
            {
                Set(warp, lane, old);
            }
        }
    }

    private static T Exchange(T* at, T b, T c)
    {
        while (true)
        {
            T old = *at;
            T wanted = TOp.Apply(old, b, c);
            if (Swap(at, wanted, old))
            {
                return old;
            }
        }
    }

    private static bool Swap(T* at, T wanted, T old) => sizeof(T) switch
    {
        2 => Interlocked.CompareExchange(ref *(ushort*)at, ushort.CreateTruncating(wanted), ushort.CreateTruncating(old)) == ushort.CreateTruncating(old),
        4 => Interlocked.CompareExchange(ref *(uint*)at, uint.CreateTruncating(wanted), uint.CreateTruncating(old)) == uint.CreateTruncating(old),
        _ => Interlocked.CompareExchange(ref *(ulong*)at, ulong.CreateTruncating(wanted), ulong.CreateTruncating(old)) == ulong.CreateTruncating(old),
    };

    private static T Get(Warp warp, int register, int lane) => sizeof(T) == sizeof(ulong)
        ? T.CreateTruncating(((ulong*)(warp.Registers + register))[lane])
        : T.CreateTruncating(((uint*)(warp.Registers + register))[lane]);

    private void Set(Warp warp, int lane, T value)
    {
        if (sizeof(T) == sizeof(ulong))
        {
            ((ulong*)(warp.Registers + destination))[lane] = ulong.CreateTruncating(value);
        }
        else
        {
            ((uint*)(warp.Registers + destination))[lane] = sizeof(T) == sizeof(ushort) ? ushort.CreateTruncating(value) : uint.CreateTruncating(value);
        }
    }
}
