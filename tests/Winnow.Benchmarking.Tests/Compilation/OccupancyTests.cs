using NUnit.Framework;
using Winnow.Gpu;

namespace Winnow.Benchmarking.Compilation;

/// <summary>Against figures of NVIDIA's own calculator.</summary>
public sealed class OccupancyTests
{
    [TestCase("a100", 32, 0, 256, 8, OccupancyLimit.Threads)]
    [TestCase("a100", 64, 0, 256, 4, OccupancyLimit.Registers)]
    [TestCase("a100", 65, 0, 256, 3, OccupancyLimit.Registers)]
    [TestCase("a100", 255, 0, 256, 1, OccupancyLimit.Registers)]
    [TestCase("a100", 255, 0, 1024, 0, OccupancyLimit.Registers)]
    [TestCase("a100", 16, 0, 32, 32, OccupancyLimit.Blocks)]
    [TestCase("a100", 32, 49152, 256, 3, OccupancyLimit.SharedMemory)]
    [TestCase("a100", 32, 166912, 256, 1, OccupancyLimit.SharedMemory)]
    [TestCase("a100", 32, 166913, 256, 0, OccupancyLimit.SharedMemory)]
    [TestCase("rtx3090", 32, 0, 256, 6, OccupancyLimit.Threads)]
    [TestCase("rtx3090", 16, 0, 32, 16, OccupancyLimit.Blocks)]
    [TestCase("rtx4090", 16, 0, 32, 24, OccupancyLimit.Blocks)]
    [TestCase("h200", 168, 0, 384, 1, OccupancyLimit.Registers)]
    [TestCase("h200", 32, 232448, 128, 1, OccupancyLimit.SharedMemory)]
    [TestCase("a100", 32, 0, 33, 32, OccupancyLimit.Threads)]
    public void Of_GivesTheBlocksOfAMultiprocessor(string gpu, int registers, int shared, int threads, int blocks, OccupancyLimit limit)
    {
        Occupancy occupancy = Occupancy.Of(GpuSpecification.Find(gpu), new KernelResources("k", registers, 0, 0, 0), threads, shared);

        Assert.That((occupancy.Blocks, occupancy.Limit), Is.EqualTo((blocks, limit)));
        Assert.That(occupancy.Warps, Is.EqualTo(blocks * ((threads + 31) / 32)));
    }

    [Test]
    public void Of_CountsDeclaredAndDynamicSharedMemoryTogether()
    {
        GpuSpecification gpu = GpuSpecification.Find("a100");

        Assert.That(Occupancy.Of(gpu, new KernelResources("k", 32, 40_000, 0, 0), 128, 9152), Is.EqualTo(Occupancy.Of(gpu, new KernelResources("k", 32, 0, 0, 0), 128, 49_152)));
    }
}
