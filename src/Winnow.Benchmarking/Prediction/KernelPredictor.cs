using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Winnow.Benchmarking.Compilation;
using Winnow.Gpu;
using Winnow.Simulator;

namespace Winnow.Benchmarking.Prediction;

/// <summary>
/// A roofline with nine roofs: from what a kernel did on the simulator and what a GPU's maker publishes, the time that each thing takes if it is all that
/// counts; the longest is the prediction.
/// </summary>
/// <remarks>
/// Device memory: every byte of the arguments crosses once, or what the kernel touched of them in sectors of 32 bytes where that is less. Bytes that are read again
/// come from L2: they count there, at the published rate where there is one. Shared memory serves 128 bytes a clock and multiprocessor, one pass of its banks; tensor
/// cores run at the published dense rate of 16-bit floats; floats (halves count as floats, doubles at their own rate), integers, special functions and issue slots
/// at the lanes that the CUDA C++ Programming Guide lists. What multiprocessors do is scaled by the busiest one's share of the blocks: 133 equal blocks on 132
/// multiprocessors take twice as long as 132.
/// <para>
/// Latency is the ninth: <see cref="KernelProfile.LongestPath"/> at the boost clock, or <see cref="KernelProfile.AverageTurn"/> as often as turns of blocks follow one another on a
/// multiprocessor, where that is longer. Of a profile without turns it is the average path of a block, and a multiprocessor holds as many at a time as the occupancy says; where that
/// is not known, as threads and shared memory let it. The path is that of what an assembler should make of the PTX, by rules; where it gives out registers or orders
/// instructions otherwise, this bound is wrong, on the short side more than on the long one. With a turn of memory behind it, it is <see cref="KernelPrediction.EstimatedMicroseconds"/>, which is nearer to what was measured: see
/// docs/performance.md.
/// </para>
/// <para>
/// Not in it: the time of a launch itself (a few microseconds, which is most of what small kernels take), code that comes from cold memory, clocks below boost
/// under load, caches too small for what is read again, memory rates that no real access pattern reaches (nine tenths is good), blocks of unequal work,
/// what an assembler makes of the PTX beyond <see cref="KernelProfile.AssembledInstructions"/>, which integers, floats, functions and issue slots are counted by, and products of <c>mma.sync</c>, which on Hopper cannot reach the rate of <c>wgmma</c>.
/// So it errs on the short side more than on the long one, and is good for asking what bounds a kernel and how two forms of it compare.
/// </para>
/// </remarks>
public static class KernelPredictor
{
    private const int WarpLanes = 32;
    private const int BankBytes = 128;

    /// <summary>Predicts one launch.</summary>
    /// <param name="gpu">The GPU.</param>
    /// <param name="profile">What the kernel did; of several launches the average counts.</param>
    /// <param name="readBytes">Bytes of the arguments that it reads.</param>
    /// <param name="writtenBytes">Bytes of the arguments that it writes.</param>
    /// <param name="occupancy">How many blocks a multiprocessor holds; null where that is not known.</param>
    /// <param name="parts">Of how many equal parts of the launch the profile counted one, on as many times fewer multiprocessors.</param>
    public static KernelPrediction Predict(GpuSpecification gpu, KernelProfile profile, long readBytes, long writtenBytes, Occupancy? occupancy = null, int parts = 1)
    {
        ArgumentNullException.ThrowIfNull(gpu);
        ArgumentNullException.ThrowIfNull(profile);
        double launches = Math.Max(1, profile.Launches) / (double)parts;
        double blocks = profile.Blocks / launches;
        double busiest = Math.Ceiling(blocks / gpu.Multiprocessors) * gpu.Multiprocessors / Math.Max(1, blocks);
        long readSectors = (profile.GlobalLoads.Sectors + profile.GlobalAtomics.Sectors) * GlobalTraffic.SectorBytes;
        long writtenSectors = (profile.GlobalStores.Sectors + profile.GlobalAtomics.Sectors) * GlobalTraffic.SectorBytes;
        double memoryBytes = Math.Min(readSectors / launches, readBytes) + Math.Min(writtenSectors / launches, writtenBytes);
        double l2Bytes = (profile.GlobalBytes + profile.LocalBytes) / launches;

        // What all multiprocessors together do in a clock is the unit here: lanes of each, times how many there are.
        double clocks = gpu.Multiprocessors * gpu.BoostHertz / busiest;
        return new KernelPrediction
        {
            Kernel = profile.Kernel,
            Gpu = gpu,
            Blocks = (long)blocks,
            Occupancy = occupancy,
            BusiestFactor = busiest,
            Turns = Math.Max(1, blocks / (gpu.Multiprocessors * ResidentBlocks(profile, gpu, occupancy))),
            MemoryBytes = memoryBytes,
            Flops = (profile.Flops + profile.TensorFlops) / launches,
            TensorFlops = profile.TensorFlops / launches,
            Bounds =
            [
                Bound(BoundKind.Memory, memoryBytes, gpu.MemoryBytesPerSecond, "bytes moved once"),
                Bound(BoundKind.L2, l2Bytes, gpu.L2BytesPerClock * gpu.BoostHertz, "bytes in sectors"),
                Bound(BoundKind.Shared, profile.Shared.Passes / launches * BankBytes, BankBytes * clocks, "bytes of bank passes"),
                Bound(BoundKind.Tensor, profile.TensorFlops / launches, gpu.TensorFlopsPerSecond / busiest, "operations"),
                FloatBound(profile, launches, gpu, clocks),
                Bound(BoundKind.Integer, Lanes(profile, launches, InstructionClass.Integer), gpu.IntegerLanes * clocks, "instructions of threads"),
                Bound(BoundKind.Special, Lanes(profile, launches, InstructionClass.Special), gpu.SpecialLanes * clocks, "instructions of threads"),
                Bound(BoundKind.Issue, Assembled(profile).Values.Sum() / launches, gpu.IssuesPerClock * clocks, "instructions of warps"),
                LatencyBound(profile, blocks, gpu, occupancy),
            ],
        };
    }

    private static PredictedBound FloatBound(KernelProfile profile, double launches, GpuSpecification gpu, double clocks)
    {
        double singles = Lanes(profile, launches, InstructionClass.Float32) + Lanes(profile, launches, InstructionClass.Float16);
        double doubles = Lanes(profile, launches, InstructionClass.Float64);
        double inSingles = singles + (doubles * gpu.FloatLanes / gpu.DoubleLanes);
        return Bound(BoundKind.Float, inSingles, gpu.FloatLanes * clocks, doubles > 0 ? "instructions of threads, doubles as their share" : "instructions of threads");
    }

    private static PredictedBound LatencyBound(KernelProfile profile, double blocks, GpuSpecification gpu, Occupancy? occupancy)
    {
        double turn = profile.BlocksOfTurn > 0 ? profile.AverageTurn : profile.AveragePath;
        double resident = ResidentBlocks(profile, gpu, occupancy);
        double inTurn = turn * blocks / (gpu.Multiprocessors * resident);
        return inTurn > profile.LongestPath
            ? Bound(BoundKind.Latency, inTurn, gpu.BoostHertz, string.Create(CultureInfo.InvariantCulture, $"clocks: turns of {turn:N0}, {resident:0.#} blocks at a time"))
            : Bound(BoundKind.Latency, profile.LongestPath, gpu.BoostHertz, "clocks of the longest path");
    }

    /// <summary>How many blocks run on a multiprocessor side by side.</summary>
    private static double ResidentBlocks(KernelProfile profile, GpuSpecification gpu, Occupancy? occupancy) =>
        profile.BlocksOfTurn > 0 ? profile.BlocksOfTurn : Math.Max(1, occupancy?.Blocks ?? MostBlocks(profile, gpu));

    /// <summary>How many blocks a multiprocessor holds if registers do not matter.</summary>
    private static int MostBlocks(KernelProfile profile, GpuSpecification gpu) => profile.BlockThreads == 0 ? gpu.MaxBlocks
        : Occupancy.Of(gpu, new KernelResources(profile.Kernel, 1, 0, 0, 0), profile.BlockThreads, profile.BlockSharedBytes).Blocks;

    /// <summary>Every issued instruction takes the slots of a whole warp, however many of its lanes take part.</summary>
    private static double Lanes(KernelProfile profile, double launches, InstructionClass kind) =>
        (Assembled(profile).TryGetValue(kind, out long count) ? count : 0) / launches * WarpLanes;

    private static IReadOnlyDictionary<InstructionClass, long> Assembled(KernelProfile profile)
        => profile.AssembledInstructions.Count > 0 ? profile.AssembledInstructions : profile.Instructions;

    private static PredictedBound Bound(BoundKind kind, double amount, double? rate, string what) => new(
        kind,
        rate is { } known ? amount / known * 1e6 : null,
        string.Create(CultureInfo.InvariantCulture, $"{amount:N0} {what}{(rate is null ? "; no rate is published" : "")}"));
}
