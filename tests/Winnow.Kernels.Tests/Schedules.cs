using System;
using NUnit.Framework;

namespace Winnow.Kernels.Tests;

/// <summary>Every kernel gives the same bits in whatever order its warps go on: ten seeds of the simulator, or ten launches on a GPU.</summary>
internal static class Schedules
{
    private const int Count = 10;

    /// <summary>Runs on a fresh device under each seed and compares all that the runs leave behind.</summary>
    /// <param name="run">Gives every byte that it made the device write.</param>
    /// <param name="architecture">What the simulator is.</param>
    public static void AssertEqualBits(Func<CudaDevice, byte[]> run, string architecture = "compute_80")
    {
        byte[]? expected = null;
        for (int seed = 1; seed <= Count; seed++)
        {
            using CudaDevice device = TestDevices.Simulator(seed, architecture);
            byte[] actual = run(device);
            Assert.That(actual, Is.Not.Empty);
            expected ??= actual;
            Assert.That(actual, Has.Length.EqualTo(expected.Length), $"seed {seed}");
            int same = actual.AsSpan().CommonPrefixLength(expected);
            Assert.That(same, Is.EqualTo(expected.Length), $"seed {seed} and seed 1 differ at byte {same}");
        }
    }
}
