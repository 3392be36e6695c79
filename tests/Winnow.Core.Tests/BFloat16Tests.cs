using System;
using NUnit.Framework;

namespace Winnow.Core.Tests;

public sealed class BFloat16Tests
{
    [Test]
    public void FromFloat_RoundsToNearestEven()
    {
        for (uint upper = 0; upper < 0x7F80; upper += 37)
        {
            float low = BitConverter.UInt32BitsToSingle(upper << 16);
            float half = BitConverter.UInt32BitsToSingle((upper << 16) | 0x8000);
            float above = BitConverter.UInt32BitsToSingle((upper << 16) | 0x8001);
            Assert.That(((BFloat16)low).Bits, Is.EqualTo(upper));
            Assert.That(((BFloat16)half).Bits, Is.EqualTo(upper + (upper & 1)), "a tie goes to the even neighbour");
            Assert.That(((BFloat16)above).Bits, Is.EqualTo(upper + 1));
        }
    }

    [TestCase(float.PositiveInfinity, (ushort)0x7F80)]
    [TestCase(float.NegativeInfinity, (ushort)0xFF80)]
    [TestCase(float.MaxValue, (ushort)0x7F80)]
    [TestCase(-0.0f, (ushort)0x8000)]
    [TestCase(1.0f, (ushort)0x3F80)]
    public void FromFloat_KnowsItsEdges(float value, ushort bits) =>
        Assert.That(((BFloat16)value).Bits, Is.EqualTo(bits));

    [Test]
    public void FromFloat_KeepsNaN()
    {
        float thin = BitConverter.UInt32BitsToSingle(0x7F800001);
        Assert.That((float)(BFloat16)thin, Is.NaN);
        Assert.That((float)(BFloat16)float.NaN, Is.NaN);
    }
}
