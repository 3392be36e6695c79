using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Winnow.Simulator.Operations;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Execution.Memory;

/// <summary><c>ldmatrix</c>: 8x8 matrices of 16-bit values, whose rows the lanes name, eight lanes a matrix.</summary>
internal sealed unsafe class LoadMatrix<TSpace>(AddressOperand address, int[] destinations, bool isTransposed) : Operation
    where TSpace : struct, ISpace
{
    private const int RowBytes = 16;

    [SkipLocalsInit]
    [MethodImpl(Lane.Hot)]
    public override void Execute(Warp warp, uint lanes)
    {
        address.Compute(warp);
        int rows = destinations.Length * 8;
        TSpace.Resolve(warp, rows == Warp.Lanes ? uint.MaxValue : (1u << rows) - 1, RowBytes, Access.Read);
        ushort* matrix = stackalloc ushort[ShortMatrix.Count];
        for (int i = 0; i < destinations.Length; i++)
        {
            // The lanes of a register, read in order, are the rows of a matrix.
            ulong* addresses = warp.Addresses + (i * 8);
            byte* values = warp.Registers + destinations[i];
            byte* rowsOfMatrix = isTransposed ? (byte*)matrix : values;

            // Two rows in one piece: a processor that is to load 32 bytes it has just stored as two pieces waits for both.
            for (int row = 0; row < 8; row += 2)
            {
                Vector256.Create(Vector128.Load((byte*)addresses[row]), Vector128.Load((byte*)addresses[row + 1])).Store(rowsOfMatrix + (row * RowBytes));
            }

            if (isTransposed)
            {
                ShortMatrix.Transpose(matrix, (ushort*)values);
            }
        }
    }
}

/// <summary><c>stmatrix</c>: the other way.</summary>
internal sealed unsafe class StoreMatrix<TSpace>(AddressOperand address, int[] sources, bool isTransposed) : Operation
    where TSpace : struct, ISpace
{
    private const int RowBytes = 16;

    public override void Execute(Warp warp, uint lanes)
    {
        address.Compute(warp);
        int rows = sources.Length * 8;
        TSpace.Resolve(warp, rows == Warp.Lanes ? uint.MaxValue : (1u << rows) - 1, RowBytes, Access.Write);
        for (int i = 0; i < sources.Length; i++)
        {
            ulong* row = warp.Addresses + (i * 8);
            uint* values = (uint*)(warp.Registers + sources[i]);
            for (int lane = 0; lane < Warp.Lanes; lane++)
            {
                if (isTransposed)
                {
                    ((ushort*)row[lane % 4 * 2])[lane / 4] = (ushort)values[lane];
                    ((ushort*)row[(lane % 4 * 2) + 1])[lane / 4] = (ushort)(values[lane] >> 16);
                }
                else
                {
                    ((uint*)row[lane / 4])[lane % 4] = values[lane];
                }
            }
        }
    }
}

/// <summary><c>isspacep</c></summary>
/// <param name="space">The space.</param>
/// <param name="isOfCluster">Whether shared memory of other blocks of the cluster is meant, too.</param>
/// <param name="destination">The predicate of the result.</param>
/// <param name="address">The register of the generic address.</param>
internal sealed unsafe class IsInSpace(PtxSpace space, bool isOfCluster, int destination, int address) : Operation
{
    public override void Execute(Warp warp, uint lanes)
    {
        uint* result = (uint*)(warp.Registers + destination);
        ulong* addresses = (ulong*)(warp.Registers + address);
        for (uint left = lanes; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            uint bit = 1u << lane;
            *result = Holds(warp, addresses[lane]) ? *result | bit : *result & ~bit;
        }
    }

    private bool Holds(Warp warp, ulong generic)
    {
        ulong window = generic & AddressSpaces.WindowMask;
        return space switch
        {
            PtxSpace.Shared => window == AddressSpaces.Shared && (isOfCluster || ClusterAddress.RankOf(generic - window) is int rank && (rank < 0 || rank == warp.Rank)),
            PtxSpace.Local => window == AddressSpaces.Local,
            _ => window == 0 && warp.Block.Find(generic) is { } allocation && IsOfSpace(allocation),
        };
    }

    private bool IsOfSpace(Allocation allocation) => space switch
    {
        PtxSpace.Global => !allocation.IsReadOnly,
        PtxSpace.Param => allocation.Block == 0,
        _ => allocation.IsReadOnly && allocation.Block != 0,
    };
}
