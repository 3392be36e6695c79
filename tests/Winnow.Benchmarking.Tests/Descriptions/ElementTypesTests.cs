using System;
using System.Linq;
using NUnit.Framework;

namespace Winnow.Benchmarking.Descriptions;

public sealed class ElementTypesTests
{
    [Test]
    public void Write_AndReadKeepsWhatATypeHolds([Values] ElementType type)
    {
        double[] values = type.IsFloat() ? [0, 1, -1.5, 96] : [0, 1, type.Range().Least, 100];
        byte[] bytes = new byte[type.Bytes()];

        foreach (double value in values)
        {
            type.Write(bytes, value);
            Assert.That(type.Read(bytes), Is.EqualTo(value));
        }
    }

    [Test]
    public void TryParse_TakesTheNamesInLowerCaseAndNoOthers([Values] ElementType type)
    {
        Assert.That(ElementTypes.TryParse(type.NameOf(), out ElementType parsed) ? parsed : (ElementType?)null, Is.EqualTo(type));
        Assert.That(ElementTypes.TryParse(type.ToString(), out _), Is.False);
        Assert.That(ElementTypes.TryParse(((int)type).ToString(), out _), Is.False);
    }

    [TestCase(ElementType.F32, 1.0, 1.1920928955078125e-7)]
    [TestCase(ElementType.F32, -3.0, 2.384185791015625e-7)]
    [TestCase(ElementType.F16, 1.0, 0.0009765625)]
    [TestCase(ElementType.F16, 0.0, 5.9604644775390625e-8)]
    [TestCase(ElementType.BF16, 1.9, 0.0078125)]
    [TestCase(ElementType.F64, 1.0, 2.220446049250313e-16)]
    [TestCase(ElementType.I32, 7.0, 0.0)]
    public void Ulp_IsTheDistanceToTheNextValue(ElementType type, double magnitude, double expected)
    {
        Assert.That(type.Ulp(magnitude), Is.EqualTo(expected));
    }

    [Test]
    public void Ulp_OfFloatsIsWhatBitIncrementSays()
    {
        Random random = new(3);
        foreach (float value in Enumerable.Range(0, 1000).Select(_ => MathF.Abs(BitConverter.Int32BitsToSingle(random.Next(0, 0x7F000000)))))
        {
            Assert.That(ElementType.F32.Ulp(value), Is.EqualTo((double)MathF.BitIncrement(value) - value));
        }
    }
}
