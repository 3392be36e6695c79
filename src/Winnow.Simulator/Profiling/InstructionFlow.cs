using Winnow.Simulator.Profiling.Folding;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Profiling;

/// <summary>What an instruction means for the times of a warp.</summary>
internal enum FlowKind : byte
{
    /// <summary>Its results are there after a time that is known beforehand.</summary>
    Compute,

    /// <summary>It reads memory.</summary>
    Load,

    /// <summary>It writes memory.</summary>
    Store,

    /// <summary>It does both.</summary>
    Atomic,

    /// <summary><c>cp.async</c></summary>
    Copy,

    /// <summary><c>cp.async.commit_group</c></summary>
    CommitCopies,

    /// <summary><c>cp.async.wait_group</c> and <c>cp.async.wait_all</c></summary>
    WaitForCopies,

    /// <summary>A product of a warpgroup.</summary>
    Product,

    /// <summary><c>wgmma.commit_group</c></summary>
    CommitProducts,

    /// <summary><c>wgmma.wait_group</c></summary>
    WaitForProducts,

    /// <summary><c>mbarrier.test_wait</c> and <c>mbarrier.try_wait</c></summary>
    WaitForPhase,

    /// <summary>A fence: what comes after it waits.</summary>
    Fence,
}

/// <summary>What the critical path asks of an instruction, found once when its kernel is counted.</summary>
internal readonly struct InstructionFlow
{
    /// <summary>The registers that it reads, by their number in the function; its guard among them.</summary>
    public required int[] Sources { get; init; }

    /// <summary>Those that it writes.</summary>
    public required int[] Results { get; init; }

    /// <summary>What it means.</summary>
    public required FlowKind Kind { get; init; }

    /// <summary>Clocks until its results are there; for memory where it is neither global nor shared.</summary>
    public required int Latency { get; init; }

    /// <summary>What takes those clocks.</summary>
    public required PathPart Part { get; init; }

    /// <summary>What an assembler makes of it; nothing where it is part of others, so that it takes no time of its own.</summary>
    public required MachineCost Cost { get; init; }

    /// <summary>What kind of work that is.</summary>
    public required InstructionClass Class { get; init; }

    /// <summary>The instruction itself.</summary>
    public required PtxInstruction Source { get; init; }

    /// <summary>Whether it begins a basic block, so that all before it has begun.</summary>
    public required bool BeginsBlock { get; init; }

    /// <summary>Whether an unrolled loop begins with it, so that only one of some rounds begins a basic block.</summary>
    public required bool IsLoopHead { get; init; }

    /// <summary>Whether an unrolled loop has it once in some rounds.</summary>
    public required bool IsOncePerRounds { get; init; }

    /// <summary>Whether nothing passes it in either direction: branches, barriers, all that is asynchronous.</summary>
    public required bool IsOrdered { get; init; }

    /// <summary>Whether a load may be served by the first-level cache.</summary>
    public required bool UsesL1 { get; init; }

    /// <summary>Whether a load may pass stores before it: read-only data.</summary>
    public required bool PassesStores { get; init; }

    /// <summary>How many of the newest groups a wait leaves; below 0: not even what is in no group.</summary>
    public required int Pending { get; init; }

    /// <summary>What it takes of the multiprocessor.</summary>
    public required UnitUse Use { get; init; }
}
