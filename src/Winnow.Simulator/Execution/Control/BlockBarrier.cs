using System.Numerics;
using Winnow.Gpu;

namespace Winnow.Simulator.Execution.Control;

/// <summary>What a barrier computes over its threads.</summary>
internal enum BarrierResult
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Whether a predicate holds for any: <c>bar.red.or</c>.</summary>
    Any,

    /// <summary>Whether it holds for all: <c>bar.red.and</c>.</summary>
    All,

    /// <summary>For how many it holds: <c>bar.red.popc</c>.</summary>
    Count,
}

/// <summary>A barrier of the block: <c>bar</c> and <c>barrier</c>.</summary>
internal sealed unsafe class BlockBarrier : Operation, IGathering
{
    /// <summary>The register of the barrier's number.</summary>
    public required int Id { get; init; }

    /// <summary>The register of the count of threads; below 0 for all threads of the block.</summary>
    public required int Threads { get; init; }

    /// <summary>Whether a whole warp must come together.</summary>
    public required bool IsAligned { get; init; }

    /// <summary>Whether the threads go on at once.</summary>
    public required bool IsArrival { get; init; }

    /// <summary>What it computes.</summary>
    public BarrierResult Result { get; init; }

    /// <summary>The predicate that it computes it of.</summary>
    public int Predicate { get; init; }

    /// <summary>Whether the predicate is negated.</summary>
    public bool IsNegated { get; init; }

    /// <summary>Where the result goes: a predicate, or a register for <see cref="BarrierResult.Count"/>.</summary>
    public int Destination { get; init; }

    public override void Execute(Warp warp, uint lanes)
    {
        if (IsAligned && !warp.AreHere(warp.Live, lanes))
        {
            warp.Await(warp.Live, lanes);
            return;
        }

        int first = BitOperations.TrailingZeroCount(lanes);
        uint id = ((uint*)(warp.Registers + Id))[first];
        uint threads = Threads < 0 ? 0 : ((uint*)(warp.Registers + Threads))[first];
        if (id >= BlockRunner.Barriers || threads % Warp.Lanes != 0 || (Threads >= 0 && threads == 0))
        {
            string problem = $"barrier {id} for {threads} threads; there are {BlockRunner.Barriers}, and they count whole warps";
            throw warp.Fault(FaultKinds.MismatchedBarrier, first, problem);
        }

        warp.Block.Arrive(warp, this, lanes, (int)id, (int)threads);
    }

    /// <summary>For how many of some lanes the predicate holds.</summary>
    public int CountOf(Warp warp, uint lanes)
    {
        uint bits = *(uint*)(warp.Registers + Predicate) ^ (IsNegated ? uint.MaxValue : 0);
        return Result == BarrierResult.None ? 0 : BitOperations.PopCount(bits & lanes);
    }

    /// <summary>Hands the result to lanes that waited.</summary>
    public void Deliver(Split split, int count, int threads)
    {
        byte* at = split.Frame.Registers + Destination;
        if (Result == BarrierResult.Count)
        {
            for (uint left = split.Lanes; left != 0; left &= left - 1)
            {
                ((uint*)at)[BitOperations.TrailingZeroCount(left)] = (uint)count;
            }
        }
        else if (Result != BarrierResult.None)
        {
            bool holds = Result == BarrierResult.Any ? count > 0 : count == threads;
            *(uint*)at = holds ? *(uint*)at | split.Lanes : *(uint*)at & ~split.Lanes;
        }
    }

    /// <inheritdoc/>
    public GpuFaultException Fault(Warp warp, int lane, uint missing)
        => warp.Fault(FaultKinds.DivergentBarrier, lane, $"all threads of a warp must come to this barrier together, but lanes 0x{missing:x8} do not");
}
