using System;
using NUnit.Framework;
using Winnow.Simulator.Profiling;

namespace Winnow.Simulator.Tests.Profiling;

public sealed class MemoryTrafficTests
{
    private const uint All = 0xFFFFFFFF;

    [TestCase(4, 4, All, 4)]
    [TestCase(1, 1, All, 1)]
    [TestCase(2, 2, All, 2)]
    [TestCase(8, 8, All, 8)]
    [TestCase(16, 16, All, 16)]
    [TestCase(32, 4, All, 32)]
    [TestCase(128, 4, All, 32)]
    [TestCase(8, 4, All, 8)]
    [TestCase(0, 4, All, 1)]
    [TestCase(4, 4, 0x1u, 1)]
    [TestCase(4, 4, 0xFFu, 1)]
    [TestCase(4, 4, 0x80000001u, 2)]
    [TestCase(4, 4, 0u, 0)]
    public void Sectors_OfAStride(int stride, int bytes, uint lanes, int expected)
        => Assert.That(MemoryTraffic.Sectors(Addresses(i => 4096 + ((long)i * stride)), lanes, bytes), Is.EqualTo(expected));

    [Test]
    public void Sectors_OfAStartInTheMiddleAreOneMore()
        => Assert.That(MemoryTraffic.Sectors(Addresses(i => 4096 + 16 + (4L * i)), All, 4), Is.EqualTo(5));

    [Test]
    public void Sectors_OfScatteredLanesThatReturnAreCountedOnce()
        => Assert.That(MemoryTraffic.Sectors(Addresses(i => 4096 + (32L * (i % 3))), All, 4), Is.EqualTo(3));

    [TestCase(4, 4, All, 1, 0)]
    [TestCase(1, 1, All, 1, 0)]
    [TestCase(2, 2, All, 1, 0)]
    [TestCase(0, 4, All, 1, 0)]
    [TestCase(8, 4, All, 2, 1)]
    [TestCase(16, 4, All, 4, 3)]
    [TestCase(128, 4, All, 32, 31)]
    [TestCase(132, 4, All, 1, 0)]
    [TestCase(12, 4, All, 1, 0)]
    [TestCase(128, 4, 0x7u, 3, 2)]
    [TestCase(8, 8, All, 2, 0)]
    [TestCase(8, 8, 0xFFFFu, 1, 0)]
    [TestCase(128, 8, All, 32, 30)]
    [TestCase(16, 16, All, 4, 0)]
    [TestCase(16, 16, 0xFFu, 1, 0)]
    [TestCase(32, 16, All, 8, 4)]
    [TestCase(128, 16, All, 32, 28)]
    [TestCase(144, 16, All, 4, 0)]
    [TestCase(4, 4, 0u, 0, 0)]
    public void Passes_OfAStride(int stride, int bytes, uint lanes, int passes, int conflicts)
        => Assert.That(MemoryTraffic.Passes(Addresses(i => (long)i * stride), lanes, bytes), Is.EqualTo((passes, conflicts)));

    [Test]
    public void Passes_ReversedLanesDoNotConflict()
        => Assert.That(MemoryTraffic.Passes(Addresses(i => 4L * (31 - i)), All, 4), Is.EqualTo((1, 0)));

    private static ulong[] Addresses(Func<int, long> address)
    {
        ulong[] addresses = new ulong[32];
        for (int i = 0; i < addresses.Length; i++)
        {
            addresses[i] = (ulong)address(i);
        }

        return addresses;
    }
}
