using System.Numerics;
using Winnow.Simulator.Operations;

namespace Winnow.Simulator.Execution.Control;

/// <summary>Looks, before a <c>shfl</c>, whether the lanes that are read take part in it.</summary>
/// <param name="source">Which lane is read.</param>
/// <param name="distance">The register of the distance.</param>
/// <param name="limit">The register of segment and clamp.</param>
internal sealed unsafe class ShuffleSources(ShuffleLanes source, int distance, int limit) : Operation
{
    public override void Execute(Warp warp, uint lanes)
    {
        uint* distances = (uint*)(warp.Registers + distance);
        uint* limits = (uint*)(warp.Registers + limit);
        for (uint left = lanes == uint.MaxValue ? 0 : lanes; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            int from = source.From(lane, distances[lane], limits[lane], out _);
            if ((lanes >> from & 1) == 0)
            {
                throw warp.Fault(FaultKinds.InactiveLane, lane, $"lane {lane} reads lane {from}, which does not take part");
            }
        }
    }
}
