using System;
using System.Collections.Generic;
using System.Runtime.Intrinsics;
using NUnit.Framework;
using Winnow.Kernels.Sampling;

namespace Winnow.Kernels.Tests.Sampling;

public sealed class PhiloxTests
{
    // The known answers that the authors of Philox publish with Random123.
    [TestCase(0x00000000u, 0x00000000u, 0x00000000u, 0x00000000u, 0x00000000u, 0x00000000u, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [TestCase(0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu)]
    [TestCase(0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0xa4093822u, 0x299f31d0u, 0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u)]
    public void Block_KnownAnswersAreMet(uint c0, uint c1, uint c2, uint c3, uint k0, uint k1, uint r0, uint r1, uint r2, uint r3) =>
        Assert.That(Philox.Block(Vector128.Create(c0, c1, c2, c3), k0 | ((ulong)k1 << 32)), Is.EqualTo(Vector128.Create(r0, r1, r2, r3)));

    [Test]
    public void Block_KeyPartsFillTheirOwnWords() =>
        Assert.That(
            Philox.Block(0x299f31d0a4093822, 0x0370734413198a2e, 0x08d3243f6a88, (RandomPurpose)0x85a3),
            Is.EqualTo(Vector128.Create(0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u)));

    [Test]
    public void Block_EveryPartOfTheKeyChangesIt()
    {
        var seen = new HashSet<Vector128<uint>>
        {
            Philox.Block(1, 2, 3, RandomPurpose.Draw),
            Philox.Block(2, 2, 3, RandomPurpose.Draw),
            Philox.Block(1UL << 63, 2, 3, RandomPurpose.Draw),
            Philox.Block(1, 3, 3, RandomPurpose.Draw),
            Philox.Block(1, 1UL << 63, 3, RandomPurpose.Draw),
            Philox.Block(1, 2, 4, RandomPurpose.Draw),
            Philox.Block(1, 2, Philox.PositionLimit - 1, RandomPurpose.Draw),
            Philox.Block(1, 2, 3, RandomPurpose.Xtc),
        };
        Assert.That(seen, Has.Count.EqualTo(8));
    }

    [TestCase(-1L)]
    [TestCase(Philox.PositionLimit)]
    public void Block_PositionOutOfRangeThrows(long position) =>
        Assert.That(() => Philox.Block(0, 0, position, RandomPurpose.Draw), Throws.TypeOf<ArgumentOutOfRangeException>());

    [Test]
    public void Floats_HaveTheEndsTheirNamesSay()
    {
        Assert.That(Philox.ClosedOpen(0), Is.Zero);
        Assert.That(Philox.ClosedOpen(uint.MaxValue), Is.LessThan(1f).And.GreaterThan(0.9999999f));
        Assert.That(Philox.OpenClosed(0), Is.GreaterThan(0f).And.LessThan(1e-7f));
        Assert.That(Philox.OpenClosed(uint.MaxValue), Is.EqualTo(1f));
    }

    [Test]
    public void Uniform_FillsTheIntervalEvenly()
    {
        var counts = new int[64];
        const int Draws = 64_000;
        for (int position = 0; position < Draws; position++)
        {
            double u = Philox.Uniform(42, 7, position, RandomPurpose.Draw);
            Assert.That(u, Is.InRange(0.0, 1 - 1e-17));
            counts[(int)(u * 64)]++;
        }

        double chiSquare = 0;
        foreach (int count in counts)
        {
            chiSquare += (count - 1000.0) * (count - 1000.0) / 1000;
        }

        // 63 degrees of freedom: 0.001 on either side.
        Assert.That(chiSquare, Is.InRange(32.0, 103.5));
    }
}
