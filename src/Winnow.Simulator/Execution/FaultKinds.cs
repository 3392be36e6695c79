namespace Winnow.Simulator.Execution;

/// <summary>What the simulator finds, as <see cref="Winnow.Gpu.GpuFaultException.Kind"/> names it.</summary>
internal static class FaultKinds
{
    /// <summary>An access outside of any allocation, variable or parameter, or across the end of one.</summary>
    public const string OutOfBounds = "out-of-bounds";

    /// <summary>An access to device memory that was given back.</summary>
    public const string FreedMemory = "freed-memory";

    /// <summary>An address that is no multiple of the access's size.</summary>
    public const string Misaligned = "misaligned";

    /// <summary>A read of global, shared or local memory that nothing wrote.</summary>
    public const string Uninitialized = "uninitialized";

    /// <summary>A write to constants or to parameters.</summary>
    public const string ReadOnly = "read-only";

    /// <summary>Two threads, at least one of them writing, with no barrier between them.</summary>
    public const string Race = "race";

    /// <summary>An access to what a copy or a product that runs beside the threads still reads or writes, because nobody waited for it.</summary>
    public const string MissingWait = "missing-wait";

    /// <summary>A barrier that only a part of a warp reaches.</summary>
    public const string DivergentBarrier = "divergent-barrier";

    /// <summary>
    /// A barrier whose warps state different thread counts, or a count that is no multiple of 32; one of a cluster that a thread does not come to and wait at in turn.
    /// </summary>
    public const string MismatchedBarrier = "mismatched-barrier";

    /// <summary>All warps that are left wait for barriers that nobody can complete.</summary>
    public const string Deadlock = "deadlock";

    /// <summary>
    /// An operation of an mbarrier on memory that is none, an access to the bytes of one, or an <c>init</c> of one that is in use.
    /// </summary>
    public const string InvalidBarrier = "invalid-barrier";

    /// <summary>More arrivals at an mbarrier than its phase expects, or counts that it cannot hold.</summary>
    public const string BarrierOverflow = "barrier-overflow";

    /// <summary>A wait for a phase of an mbarrier that is neither the present one nor the one before.</summary>
    public const string WrongPhase = "wrong-phase";

    /// <summary>
    /// What threads wrote, or an mbarrier that they made, is used by a copy or a product that runs beside them, or by another block, without the fences that are
    /// needed in between.
    /// </summary>
    public const string MissingFence = "missing-fence";

    /// <summary>An operand that the instruction cannot do: a size, a descriptor.</summary>
    public const string InvalidOperand = "invalid-operand";

    /// <summary>A count of registers that warps cannot have, or that the warps of a group do not agree on.</summary>
    public const string WrongRegisters = "wrong-registers";

    /// <summary>An access to shared memory of a block of the cluster that may not have begun, or may have ended.</summary>
    public const string AbsentBlock = "absent-block";

    /// <summary>More instructions than the budget of a block: most likely a loop without an end.</summary>
    public const string EndlessLoop = "endless-loop";

    /// <summary>The kernel stopped itself: <c>trap</c>, <c>__trap()</c>, a failed assertion.</summary>
    public const string Trap = "trap";

    /// <summary>A warp function whose member mask leaves out a thread that executes it, or names one that does not.</summary>
    public const string WrongMask = "wrong-mask";

    /// <summary>A warp function that reads a lane which does not take part in it.</summary>
    public const string InactiveLane = "inactive-lane";

    /// <summary>An instruction that the whole warp must execute together, executed by a part of it.</summary>
    public const string DivergentWarp = "divergent-warp";
}
