using System.Collections.Generic;
using System.Collections.ObjectModel;
using System.Globalization;
using System.Linq;
using System.Text;

namespace Winnow.Simulator;

/// <summary>
/// What a kernel did, counted while the simulator executed it: a profile without a GPU. It says nothing about time but how long its longest chain of
/// instructions is that wait for one another.
/// </summary>
public sealed record KernelProfile
{
    private const int ShownSteps = 6;

    // What is less than a hundredth of the path is not worth a line.
    private const int MostShare = 100;

    /// <summary>The kernel.</summary>
    public required string Kernel { get; init; }

    /// <summary>Launches that were counted.</summary>
    public required long Launches { get; init; }

    /// <summary>Blocks of all launches.</summary>
    public required long Blocks { get; init; }

    /// <summary>Instructions that warps issued, by class; classes without any are absent.</summary>
    public required IReadOnlyDictionary<InstructionClass, long> Instructions { get; init; }

    /// <summary>
    /// What an assembler for Hopper should make of them: instructions of the machine that warps issue, by class, an estimate by rules. Instructions of PTX that become part of others are not there, those that
    /// are several count as often, and whole numbers that are the same for all threads of a block, which take no lanes, are <see cref="InstructionClass.Other"/>.
    /// </summary>
    public IReadOnlyDictionary<InstructionClass, long> AssembledInstructions { get; init; } = ReadOnlyDictionary<InstructionClass, long>.Empty;

    /// <summary>Instructions that threads executed: each issued one counts for every thread that takes part.</summary>
    public required long LaneInstructions { get; init; }

    /// <summary>Loads of global memory, <c>cp.async</c> and bulk copies included.</summary>
    public required GlobalTraffic GlobalLoads { get; init; }

    /// <summary>Stores to global memory, bulk copies included.</summary>
    public required GlobalTraffic GlobalStores { get; init; }

    /// <summary>Atomics and reductions on global memory.</summary>
    public required GlobalTraffic GlobalAtomics { get; init; }

    /// <summary>Loads, stores and atomics of shared memory, <c>ldmatrix</c> and the shared side of <c>cp.async</c> included; not what bulk copies and <c>wgmma</c> access.</summary>
    public required SharedTraffic Shared { get; init; }

    /// <summary>Bytes of global memory that bulk copies moved, in either direction; <see cref="GlobalLoads"/> and <see cref="GlobalStores"/> include them.</summary>
    public long BulkBytes { get; init; }

    /// <summary>Bytes of local memory that were read and written: spilled registers and indexed arrays.</summary>
    public required long LocalBytes { get; init; }

    /// <summary>Floating-point operations outside of tensor cores: a fused multiply-add is two, packed pairs count twice.</summary>
    public required long Flops { get; init; }

    /// <summary>Operations of tensor cores: 2 m n k for a product of an m x k with a k x n matrix.</summary>
    public required long TensorFlops { get; init; }

    /// <summary>
    /// The critical path of the block that has the longest, clocks: what each instruction waits for, its operands, barriers, branches, and the results that come
    /// after the times of <see cref="PtxSimulatorOptions.Latencies"/>, if nothing else used the multiprocessor, or with <see cref="PtxSimulatorOptions.Units"/> as what else is there leaves of it. Of several launches the average of their longest.
    /// </summary>
    /// <remarks>
    /// Of two instructions without a branch or a barrier between them the later one does not wait for the earlier one unless it uses what that computes, because
    /// an assembler puts loads first; between basic blocks the order is that of the PTX, and loads are waited for where they are used. A line of 128 bytes of
    /// global memory comes from device memory when a warp is the first of its block to touch it, and from a cache afterwards, however much lies between.
    /// Blocks that draw their work from a counter until nothing is left would all do as much on a GPU; here the first one does it all, so their average counts.
    /// It does not depend on the number of cores, nor on the seed but where what the kernel does depends on the order of warps itself: atomics that hand out
    /// places, loops that wait for a value in memory.
    /// </remarks>
    public double LongestPath { get; init; }

    /// <summary>How many trips to device memory lie on that path one after the other.</summary>
    public double LongestPathTrips { get; init; }

    /// <summary>
    /// What that path consists of, clocks, which together are <see cref="LongestPath"/>; parts that it lacks are absent. Empty without
    /// <see cref="PtxSimulatorOptions.TracesPaths"/>.
    /// </summary>
    public IReadOnlyDictionary<PathPart, double> LongestPathParts { get; init; } = ReadOnlyDictionary<PathPart, double>.Empty;

    /// <summary>
    /// The instructions at which that path waits, those first where it waits longest; plain arithmetic is not among them. Of several paths as long it is the same
    /// one in every run. Empty without <see cref="PtxSimulatorOptions.TracesPaths"/>.
    /// </summary>
    public IReadOnlyList<PathStep> LongestPathSteps { get; init; } = [];

    /// <summary>The critical path of a block on average, clocks; see <see cref="LongestPath"/>.</summary>
    public double AveragePath { get; init; }

    /// <summary>
    /// How long a turn of blocks takes that share a multiprocessor, on average, clocks: from when they begin to when the last of them ends; 0 without
    /// <see cref="PtxSimulatorOptions.Units"/>.
    /// </summary>
    public double AverageTurn { get; init; }

    /// <summary>Blocks of a turn, on average; 0 without <see cref="PtxSimulatorOptions.Units"/>.</summary>
    public double BlocksOfTurn { get; init; }

    /// <summary>Threads of a block; of launches that differ the most.</summary>
    public int BlockThreads { get; init; }

    /// <summary>Shared memory of a block, static and dynamic, bytes; of launches that differ the most.</summary>
    public int BlockSharedBytes { get; init; }

    /// <summary>Instructions that warps issued.</summary>
    public long WarpInstructions => Instructions.Values.Sum();

    /// <summary>Bytes that moved between global memory and the multiprocessors, in whole sectors, caches aside.</summary>
    public long GlobalBytes => (GlobalLoads.Sectors + GlobalStores.Sectors + GlobalAtomics.Sectors) * GlobalTraffic.SectorBytes;

    /// <summary>The part of a warp's lanes that took part in its instructions, 0 to 1: lanes that went elsewhere or that a guard turns off did not.</summary>
    public double LaneUse => WarpInstructions == 0 ? 0 : LaneInstructions / (32.0 * WarpInstructions);

    /// <summary>Operations for each byte that moved: what a roofline asks; 0 where nothing moved.</summary>
    public double Intensity => GlobalBytes == 0 ? 0 : (double)(Flops + TensorFlops) / GlobalBytes;

    /// <summary>The profile as a few lines of text, for people.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Kernel}: {Launches:N0} launches, {Blocks:N0} blocks\n");
        text.Append(CultureInfo.InvariantCulture, $"  instructions   {WarpInstructions:N0} of warps, {LaneInstructions:N0} of threads ({LaneUse:P0} of lanes)\n");
        foreach ((InstructionClass kind, long count) in Instructions.OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key))
        {
            text.Append(CultureInfo.InvariantCulture, $"    {kind,-15}{count:N0}\n");
        }

        if (AssembledInstructions.Count > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"  machine code   {AssembledInstructions.Values.Sum():N0} of warps, estimated\n");
        }

        Append(text, "global loads", GlobalLoads);
        Append(text, "global stores", GlobalStores);
        Append(text, "global atomics", GlobalAtomics);
        if (Shared.Requests > 0)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"  shared         {Shared.Requests:N0} requests, {Shared.Bytes:N0} bytes, {Shared.Passes:N0} passes, {Shared.Conflicts:N0} bank conflicts\n");
        }

        text.Append(BulkBytes > 0 ? string.Create(CultureInfo.InvariantCulture, $"  bulk copies    {BulkBytes:N0} bytes\n") : "");
        text.Append(LocalBytes > 0 ? string.Create(CultureInfo.InvariantCulture, $"  local          {LocalBytes:N0} bytes\n") : "");
        AppendPath(text);
        text.Append(
            CultureInfo.InvariantCulture,
            $"  operations     {Flops:N0} and {TensorFlops:N0} on tensor cores; {Intensity:0.###} a byte of global memory");
        return text.ToString();
    }

    private void AppendPath(StringBuilder text)
    {
        if (LongestPath > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"  critical path  {LongestPath:N0} clocks, {LongestPathTrips:0.#} trips to device memory among them; {AveragePath:N0} of a block on average\n");
        }

        foreach ((PathPart part, double clocks) in LongestPathParts.OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key))
        {
            text.Append(CultureInfo.InvariantCulture, $"    {part,-15}{clocks:N0} ({clocks / LongestPath:P0})\n");
        }

        foreach (PathStep step in LongestPathSteps.TakeWhile(step => step.Clocks * MostShare >= LongestPath).Take(ShownSteps))
        {
            string place = step.Place.Length > 0 ? step.Place : string.Create(CultureInfo.InvariantCulture, $"line {step.PtxLine} of the PTX");
            text.Append(CultureInfo.InvariantCulture, $"    waits          {step.Clocks:N0} for {step.Part}, {step.Times:0.#} times, at {place}: {step.Instruction}\n");
        }
    }

    private static void Append(StringBuilder text, string name, GlobalTraffic traffic)
    {
        if (traffic.Requests > 0)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"  {name,-15}{traffic.Requests:N0} requests, {traffic.Bytes:N0} bytes, {traffic.Sectors:N0} sectors ({traffic.Coalescing:P0} of bytes moved)\n");
        }
    }
}
