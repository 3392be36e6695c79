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
    [TestCase(ElementType.F8E4M3, 3.0, 0.25)]
    [TestCase(ElementType.F8E4M3, 0.001, 0.001953125)]
    [TestCase(ElementType.F8E5M2, 3.0, 0.5)]
    [TestCase(ElementType.I32, 7.0, 0.0)]
    public void Ulp_IsTheDistanceToTheNextValue(ElementType type, double magnitude, double expected)
    {
        Assert.That(type.Ulp(magnitude), Is.EqualTo(expected));
    }

    // Codes of the OCP specification, table 1 and 2: zero, smallest, smallest normal, one, largest, and what comes after it.
    [TestCase(ElementType.F8E4M3, 0x00, 0.0)]
    [TestCase(ElementType.F8E4M3, 0x01, 0.001953125)]
    [TestCase(ElementType.F8E4M3, 0x08, 0.015625)]
    [TestCase(ElementType.F8E4M3, 0x38, 1.0)]
    [TestCase(ElementType.F8E4M3, 0xFE, -448.0)]
    [TestCase(ElementType.F8E4M3, 0x7F, double.NaN)]
    [TestCase(ElementType.F8E5M2, 0x01, 1.52587890625e-5)]
    [TestCase(ElementType.F8E5M2, 0x04, 6.103515625e-5)]
    [TestCase(ElementType.F8E5M2, 0xBC, -1.0)]
    [TestCase(ElementType.F8E5M2, 0x7B, 57344.0)]
    [TestCase(ElementType.F8E5M2, 0xFC, double.NegativeInfinity)]
    [TestCase(ElementType.F8E5M2, 0x7E, double.NaN)]
    public void Read_OfEightBitFloatsGivesTheValuesOfTheSpecification(ElementType type, int code, double expected)
    {
        Assert.That(type.Read([(byte)code]), Is.EqualTo(expected));
    }

    [Test]
    public void Write_OfEightBitFloatsTakesTheNearestOfAllCodes([Values(ElementType.F8E4M3, ElementType.F8E5M2)] ElementType type)
    {
        double[] values = [.. Enumerable.Range(0, 128).Select(code => type.Read([(byte)code])).Where(double.IsFinite)];
        Random random = new(5);
        foreach (int i in Enumerable.Range(0, 2000))
        {
            double value = random.Next(2) == 0 ? Math.Exp((random.NextDouble() * 30) - 18) : (values[i % (values.Length - 1)] + values[(i % (values.Length - 1)) + 1]) / 2;
            if (value <= values[^1])
            {
                double nearest = values.Min(other => Math.Abs(other - value));
                Assert.That(Math.Abs(type.Round(value) - value), Is.EqualTo(nearest), $"{value}");
                Assert.That(type.Round(-value), Is.EqualTo(-type.Round(value)));
            }
        }

        byte[] code = new byte[1];
        type.Write(code, (values[2] + values[3]) / 2);
        Assert.That(code[0], Is.EqualTo(2), "a tie goes to the even code");
        type.Write(code, 1e6);
        Assert.That(code[0], Is.EqualTo(type == ElementType.F8E4M3 ? 0x7F : 0x7C));
        Assert.That(values.Select(value => type.Round(value)), Is.EqualTo(values));
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
