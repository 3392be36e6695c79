using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics;
using NUnit.Framework;
using static Winnow.Benchmarking.Traces.ReferenceCalls;

namespace Winnow.Benchmarking.Traces;

/// <summary>Rotary positions: pairs of numbers are complex numbers, and a turn is a product.</summary>
public sealed class TraceRopeTests
{
    [Test]
    public void Rope_TurnsPairsByTheAngleOfThePosition([Values] bool isNeox)
    {
        Dictionary<string, double[]> values = Values();

        Dictionary<string, double[]> outputs = Compute(Define(isNeox ? "neox" : "gptj"), values, Axes);

        foreach ((string name, int heads) in new[] { ("q", 3), ("k", 2) })
        {
            for (int head = 0; head < 3 * heads; head++)
            {
                double[] before = values[name][(head * 6)..((head + 1) * 6)];
                double[] after = outputs[name + "_out"][(head * 6)..((head + 1) * 6)];
                for (int pair = 0; pair < 2; pair++)
                {
                    (int first, int second) = isNeox ? (pair, pair + 2) : (2 * pair, (2 * pair) + 1);
                    double angle = Angle((int)values["positions"][head / heads], pair);
                    Complex turned = new Complex(before[first], before[second]) * Complex.FromPolarCoordinates(1, angle);
                    Assert.That(new[] { after[first], after[second] }, Is.EqualTo(new[] { turned.Real, turned.Imaginary }).Within(1e-14), $"{name}, head {head}, pair {pair}");
                }

                Assert.That(after[4..], Is.EqualTo(before[4..]), "numbers beyond the turned part stay");
            }
        }
    }

    [TestCase(-1)]
    [TestCase(7)]
    public void Rope_OfAPositionThatTheCacheDoesNotHaveIsRefused(int position)
    {
        Dictionary<string, double[]> values = Values();
        values["positions"][1] = position;

        Assert.That(() => Compute(Define("neox"), values, Axes), Throws.ArgumentException.With.Message.Contains($"positions[1] is {position}, and cos_sin_cache has 7"));
    }

    [TestCase("rope_h32_d128")]
    [TestCase("rope_with_cos_sin_cache_yarn_style_d6_rd4")]
    public void Rope_OfDefinitionsThatItDoesNotKnowSaysSo(string name)
    {
        Assert.That(() => Compute(Define("neox") with { Name = name }, Values(), Axes), Throws.TypeOf<NotSupportedException>().With.Message.Contains("rope_with_cos_sin_cache_gptj_style_* are known"));
    }

    private static (string, long)[] Axes => [("num_tokens", 3), ("num_qo_heads", 3), ("num_kv_heads", 2), ("max_seq_len", 7)];

    private static double Angle(int position, int pair) => position * Math.Pow(100, -pair / 2.0);

    private static Dictionary<string, double[]> Values() => new()
    {
        ["q"] = Numbers(3 * 3 * 6, 1),
        ["k"] = Numbers(3 * 2 * 6, 2),
        ["cos_sin_cache"] = [.. Enumerable.Range(0, 7).SelectMany(position => new[] { Math.Cos(Angle(position, 0)), Math.Cos(Angle(position, 1)), Math.Sin(Angle(position, 0)), Math.Sin(Angle(position, 1)) })],
        ["positions"] = [6, 0, 3],
    };

    private static TraceDefinition Define(string style) => ReferenceCalls.Define(
        $"rope_with_cos_sin_cache_{style}_style_d6_rd4", "rope",
        [("num_tokens", null), ("num_qo_heads", null), ("num_kv_heads", null), ("head_size", 6), ("rotary_dim", 4), ("max_seq_len", null)],
        [
            new("q", ["num_tokens", "num_qo_heads", "head_size"], TraceDType.BFloat16), new("k", ["num_tokens", "num_kv_heads", "head_size"], TraceDType.BFloat16),
            new("cos_sin_cache", ["max_seq_len", "rotary_dim"], TraceDType.Float32), new("positions", ["num_tokens"], TraceDType.Int64),
        ],
        [new("q_out", ["num_tokens", "num_qo_heads", "head_size"], TraceDType.BFloat16), new("k_out", ["num_tokens", "num_kv_heads", "head_size"], TraceDType.BFloat16)]);
}
