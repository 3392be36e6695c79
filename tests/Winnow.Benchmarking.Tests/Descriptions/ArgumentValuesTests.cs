using System;
using System.Linq;
using NUnit.Framework;

namespace Winnow.Benchmarking.Descriptions;

public sealed class ArgumentValuesTests
{
    [Test]
    public void Fill_WithNormalNumbersHasTheirMomentsAndTails()
    {
        double[] values = Values("in x: f64[100000]");

        // Of 100,000 draws: the mean is off by 5 / sqrt(100,000) once in two million, the variance by 5 sqrt(2 / 100,000).
        Assert.That(values.Average(), Is.Zero.Within(0.016));
        Assert.That(values.Average(value => value * value), Is.EqualTo(1).Within(0.0224));
        Assert.That(values.Count(value => Math.Abs(value) > 3) / 100_000.0, Is.EqualTo(0.0027).Within(0.0009));
        Assert.That(values.Distinct().Count(), Is.EqualTo(values.Length));
    }

    [Test]
    public void Fill_WithASpreadStaysInItsBounds()
    {
        double[] floats = Values("in x: f32[10000] = uniform(0 - 3, 5)");
        double[] integers = Values("in x: i32[10000] = uniform(2, 4)");

        Assert.That(floats, Is.All.InRange(-3, 5));
        Assert.That(floats.Average(), Is.EqualTo(1).Within(5 * 8 / Math.Sqrt(12 * 10_000)));
        Assert.That(integers.GroupBy(value => value).Select(group => group.Key).Order(), Is.EqualTo(new[] { 2.0, 3, 4 }));
        Assert.That(integers.Count(value => value == 2) / 10_000.0, Is.EqualTo(1 / 3.0).Within(0.024));
    }

    [TestCase("in x: f32[4] = range", 0, 1, 2, 3)]
    [TestCase("in x: u8[4] = range", 0, 1, 2, 3)]
    [TestCase("in x: f16[4] = ones", 1, 1, 1, 1)]
    [TestCase("in x: i64[4]", 0, 0, 0, 0)]
    [TestCase("in x: bf16[4] = 1 / 4", 0.25, 0.25, 0.25, 0.25)]
    public void Fill_WithRangesAndConstantsIsWhatTheySay(string line, params double[] expected)
    {
        Assert.That(Values(line), Is.EqualTo(expected));
    }

    [Test]
    public void Fill_OfRangesBeyondAnIntegerTypeBeginsAgain()
    {
        Assert.That(Values("in x: i8[130] = range")[126..], Is.EqualTo(new[] { 126.0, 127, 0, 1 }));
    }

    [Test]
    public void Fill_InPiecesGivesTheSameValues()
    {
        PlannedArgument argument = Plan("in x: f32[100]");
        byte[] whole = new byte[400];
        byte[] pieces = new byte[400];

        ArgumentValues.Fill(argument, 0, whole);
        ArgumentValues.Fill(argument, 0, pieces.AsSpan(0, 28));
        ArgumentValues.Fill(argument, 7, pieces.AsSpan(28));

        Assert.That(pieces, Is.EqualTo(whole));
    }

    [Test]
    public void Fill_OfAnotherNameGivesOtherValues()
    {
        Assert.That(Values("in x: f32[100]").Intersect(Values("in y: f32[100]")), Is.Empty);
    }

    private static double[] Values(string line)
    {
        PlannedArgument argument = Plan(line);
        byte[] bytes = new byte[argument.Bytes];
        ArgumentValues.Fill(argument, 0, bytes);
        return [.. Enumerable.Range(0, (int)argument.Elements).Select(i => argument.Type.Read(bytes.AsSpan(i * argument.Type.Bytes())))];
    }

    private static PlannedArgument Plan(string line) => Kernels.Describe("", $"\"grid\": 1, \"block\": 1, \"arguments\": [\"{line}\"]").Plan().Arguments[0];
}
