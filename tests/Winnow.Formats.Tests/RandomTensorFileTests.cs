using System;
using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;

namespace Winnow.Formats;

public sealed class RandomTensorFileTests
{
    public static IEnumerable<TensorType> Types => Enum.GetValues<TensorType>().Where(RandomTensorFile.CanMake);

    [TestCaseSource(nameof(Types))]
    public void Create_MakesValuesOfTheDeviationAskedFor(TensorType type)
    {
        const float Deviation = 0.05f;
        using var file = RandomTensorFile.Create("shape", [new RandomTensor("w", type, [64, 1024], Deviation)]);
        float[] values = Floats(file, "w");

        double mean = values.Average(value => (double)value);
        double deviation = Math.Sqrt(values.Average(value => (value - mean) * (value - mean)));

        // 65,536 draws: the mean is within six of its own deviations. Scales of K blocks are uniform, so their deviation is about what was asked for.
        Assert.That(deviation, Is.EqualTo(Deviation).Within(0.15 * Deviation));
        Assert.That(mean, Is.EqualTo(0).Within(6 * Deviation / 256 * (type is TensorType.Q4_K or TensorType.Q5_K ? 4 : 1)));
        Assert.That(values, Has.All.InRange(-30 * Deviation, 30 * Deviation));
    }

    [Test]
    public void Create_AddsTheMean()
    {
        using var file = RandomTensorFile.Create("shape", [new RandomTensor("norm", TensorType.F32, [4096], 0.1f, Mean: 1)]);

        Assert.That(Floats(file, "norm").Average(), Is.EqualTo(1).Within(6 * 0.1 / 64));
    }

    [Test]
    public void Read_InPiecesGivesTheSameBytes()
    {
        // Longer than what is repeated, so that a piece crosses its end.
        using var file = RandomTensorFile.Create("shape", [new RandomTensor("w", TensorType.Q8_0, [1100, 1024], 1)]);
        TensorInfo tensor = file.Get("w");
        byte[] whole = new byte[tensor.Bytes];
        file.Read(tensor, 0, whole);

        byte[] pieces = new byte[tensor.Bytes];
        for (int at = 0; at < pieces.Length; at += 99_991)
        {
            file.Read(tensor, at, pieces.AsSpan(at, Math.Min(99_991, pieces.Length - at)));
        }

        Assert.That(pieces.AsSpan().SequenceEqual(whole), Is.True);
    }

    [Test]
    public void Read_GivesDifferentRows()
    {
        using var file = RandomTensorFile.Create("shape", [new RandomTensor("w", TensorType.F16, [512, 4096], 1)]);
        float[] values = Floats(file, "w");

        Assert.That(values.Chunk(4096).Select(row => (row[0], row[1], row[2])).Distinct().Count(), Is.EqualTo(512));
    }

    [Test]
    public void Create_WithTheSameSeedGivesTheSameBytes()
    {
        RandomTensor[] tensors = [new("w", TensorType.Q6_K, [16, 512], 1)];
        using var one = RandomTensorFile.Create("shape", tensors, seed: 3);
        using var same = RandomTensorFile.Create("shape", tensors, seed: 3);
        using var other = RandomTensorFile.Create("shape", tensors, seed: 4);

        Assert.That(Floats(same, "w"), Is.EqualTo(Floats(one, "w")));
        Assert.That(Floats(other, "w"), Is.Not.EqualTo(Floats(one, "w")));
    }

    [Test]
    public void Create_OfRowsThatAreNotBlocksNamesTheTensor()
    {
        var error = Assert.Throws<ArgumentException>(() => RandomTensorFile.Create("shape", [new RandomTensor("down", TensorType.Q4_K, [8, 100], 1)]));

        Assert.That(error.Message, Does.Contain("'down'").And.Contains("[8, 100]").And.Contains("256"));
    }

    [Test]
    public void Create_OfATypeThatCannotBeMadeListsThoseThatCan()
    {
        var error = Assert.Throws<NotSupportedException>(() => RandomTensorFile.Create("shape", [new RandomTensor("w", TensorType.IQ4_NL, [8, 32], 1)]));

        Assert.That(error.Message, Does.Contain("IQ4_NL").And.Contains("Q8_0").And.Contains("Q6_K"));
    }

    private static float[] Floats(RandomTensorFile file, string name)
    {
        TensorInfo tensor = file.Get(name);
        float[] values = new float[tensor.Elements];
        file.ReadFloats(tensor, 0, values);
        return values;
    }
}
