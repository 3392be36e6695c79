using System;
using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;

namespace Winnow.Kernels.Tests.Reduction;

/// <summary>What every device's reductions must do: compared with double precision or plain lists, with guards behind every tensor.</summary>
internal static class ReductionCases
{
    public static readonly string[] WrongOperands = ["wanted", "capacity", "guarded", "lengths", "overlap", "columns", "targets"];

    private const int Untouched = -77;

    /// <summary>Rows gathered and scattered bit for bit.</summary>
    public static void MovesRows(ComputeDevice device, int columns, int count)
    {
        using var tensors = new TestTensors(device);
        var random = new Random(1);
        float[] input = TestTensors.Random(random, 300 * columns);
        int[] indices = [299, 0, .. Enumerable.Range(0, count).Select(_ => random.Next(300))];
        Tensor output = tensors.Of(new float[indices.Length * columns], indices.Length, columns);
        Tensor source = tensors.Of(input, 300, columns);
        device.Reduction.GatherRows(output, source, tensors.Of(indices));
        Assert.That(tensors.Floats(output), Is.EqualTo(indices.SelectMany(index => Row(input, index, columns)).ToArray()));

        int[] places = [4, -1, 0, 7, 2, int.MaxValue];
        Tensor scattered = tensors.Of([.. Enumerable.Repeat((float)Untouched, 8 * columns)], 8, columns);
        device.Reduction.ScatterRows(scattered, source.Rows(0, places.Length), tensors.Of(places));
        float[] expected = [.. Enumerable.Range(0, 8).SelectMany(place => Array.IndexOf(places, place) is int from and >= 0
            ? Row(input, from, columns)
            : Enumerable.Repeat((float)Untouched, columns))];
        Assert.That(tensors.Floats(scattered), Is.EqualTo(expected));
    }

    /// <summary>Sums in row order: a matrix in pieces gives the bits of the whole.</summary>
    public static void RowSums(ComputeDevice device, int columns, int rows)
    {
        using var tensors = new TestTensors(device);
        var random = new Random(1);
        float[] input = TestTensors.Random(random, rows * columns);
        float[] start = TestTensors.Random(random, columns);
        Tensor matrix = tensors.Of(input, rows, columns);
        Tensor whole = tensors.Of(start);
        Tensor pieces = tensors.Of(start);
        device.Reduction.AddRowSums(whole, matrix);
        device.Reduction.AddRowSums(pieces, matrix.Rows(0, 17));
        device.Reduction.AddRowSums(pieces, matrix.Rows(17, 0));
        device.Reduction.AddRowSums(pieces, matrix.Rows(17, rows - 17));

        double[] exact = [.. start.Select(value => (double)value)];
        float[] plain = [.. start];
        for (int i = 0; i < input.Length; i++)
        {
            exact[i % columns] += input[i];
            plain[i % columns] += input[i];
        }

        Tolerance.Check(tensors.Floats(whole), exact, plain);
        Assert.That(tensors.Floats(pieces), Is.EqualTo(tensors.Floats(whole)));
    }

    /// <summary>Rows of length 1, however short or long they were; zeros stay.</summary>
    public static void Normalizes(ComputeDevice device, int columns, double scale)
    {
        using var tensors = new TestTensors(device);
        float[] input = [.. TestTensors.Random(new Random(1), 3 * columns, scale), .. new float[columns]];
        Tensor rows = tensors.Of(input, 4, columns);
        device.Reduction.NormalizeRows(rows);
        float[] actual = tensors.Floats(rows);
        for (int i = 0; i < 3 * columns; i++)
        {
            double length = Math.Sqrt(Row(input, i / columns, columns).Sum(value => (double)value * value));
            Assert.That(actual[i], Is.EqualTo(input[i] / length).Within(Tolerance.Ulp(input[i] / length)));
        }

        Assert.That(Row(actual, 3, columns), Is.All.Zero);
    }

    /// <summary>Selections of rows full of ties, NaN and infinities, with and without protection, lengths and a number for each row.</summary>
    public static void Selects(ComputeDevice device, int entries, int rows)
    {
        var random = new Random(entries);
        float[] scores = [.. Enumerable.Range(0, rows * entries).Select(i => Score(random, i / entries))];
        byte[] guarded = [.. Enumerable.Range(0, rows * entries).Select(i => (byte)(random.Next(10) == 0 ? 255 : 0))];
        int[] lengths = [.. Enumerable.Range(0, rows).Select(r => r == 0 ? entries : random.Next(entries + 3))];
        int[] wanted = [.. Enumerable.Range(0, rows).Select(r => r % 5 == 4 ? -1 : random.Next((entries * 3 / 2) + 2))];
        foreach (bool guards in new[] { false, true })
        {
            foreach (bool cuts in new[] { false, true })
            {
                CheckSelection(device, entries, scores, guards ? guarded : [], cuts ? lengths : [], wanted);
                CheckSelection(device, entries, scores, guards ? guarded : [], cuts ? lengths : [], [1 + (entries / 3)]);
            }
        }
    }

    /// <summary>The first and the last entries that exist stay, whatever they score, besides what a mask protects.</summary>
    public static void SelectionKeepsEnds(ComputeDevice device, int entries)
    {
        var random = new Random(entries);
        float[] scores = [.. Enumerable.Range(0, 3 * entries).Select(i => Score(random, i / entries))];
        byte[] mask = [.. Enumerable.Range(0, 3 * entries).Select(i => (byte)(random.Next(10) == 0 ? 1 : 0))];
        int[] lengths = [entries, random.Next(entries + 1), 1];
        foreach ((int first, int last) in new[] { (0, 1), (1, 0), (4, 32), (entries, entries + 1) })
        {
            byte[] all = [.. mask.Select((value, i) => (byte)(i % entries < first || i % entries >= lengths[i / entries] - last ? 1 : value))];
            CheckSelection(device, entries, scores, all, lengths, [entries / 2], (mask, first, last));
            byte[] ends = [.. mask.Select((_, i) => (byte)(i % entries < first || i % entries >= lengths[i / entries] - last ? 1 : 0))];
            CheckSelection(device, entries, scores, ends, lengths, [entries / 2], ([], first, last));
        }
    }

    /// <summary>A result that is longer than its row is cut, and counted in full.</summary>
    public static void SelectionOverCapacity(ComputeDevice device)
    {
        using var tensors = new TestTensors(device);
        Tensor selected = tensors.Of([Untouched, Untouched, Untouched, Untouched], 2, 2);
        Tensor counts = tensors.Of(new int[2]);
        Tensor guarded = tensors.Of<byte>(DType.U8, [1, 1, 0, 1, 0, 0, 0, 0], 2, 4);
        device.Reduction.SelectTop(selected, counts, tensors.Of([1f, 2, 3, 4, 5, 6, 7, 8], 2, 4), tensors.Of([1]), default, guarded);
        Assert.That(tensors.Ints(counts), Is.EqualTo(new[] { 3, 1 }), "all that is protected, though one was wanted");
        Assert.That(tensors.Ints(selected), Is.EqualTo(new[] { 0, 1, 3, Untouched }));
    }

    /// <summary>Cosines against double precision; the yardstick is a plain product of rows in half precision.</summary>
    public static void Similarity(ComputeDevice device, int leftRows, int rightRows, int columns)
    {
        using var tensors = new TestTensors(device);
        var random = new Random(columns);
        float[] left = TestTensors.Random(random, leftRows * columns, 1e3), right = TestTensors.Random(random, rightRows * columns, 1e-3);
        Array.Clear(left, 0, columns);
        Tensor a = tensors.Of(left, leftRows, columns), b = tensors.Of(right, rightRows, columns);
        Tensor output = tensors.Of(new float[leftRows * rightRows], leftRows, rightRows);
        device.Reduction.CosineSimilarity(output, a, b);
        float[] actual = tensors.Floats(output);
        double[] exact = [.. Pairs(leftRows, rightRows).Select(p => Cosine(Row(left, p.Left, columns), Row(right, p.Right, columns)))];
        float[] plain = [.. Pairs(leftRows, rightRows).Select(p => PlainCosine(Row(left, p.Left, columns), Row(right, p.Right, columns)))];
        Tolerance.Check(actual, exact, plain);
        Assert.That(actual[..rightRows], Is.All.Zero, "a row of zeros");

        Tensor gram = tensors.Of(new float[leftRows * leftRows], leftRows, leftRows);
        device.Reduction.CosineSimilarity(gram, a, a);
        Assert.That(tensors.Floats(gram)[^1], Is.EqualTo(leftRows == 1 ? 0f : 1f).Within(2e-3), "a row with itself, in half precision");
        if (leftRows > 1)
        {
            Tensor alone = tensors.Of(new float[rightRows], 1, rightRows);
            device.Reduction.CosineSimilarity(alone, a.Rows(leftRows - 1, 1), b);
            Assert.That(tensors.Floats(alone), Is.EqualTo(actual[^rightRows..]), "a row alone");
        }
    }

    /// <summary>Weighted sums of the rows of each destination.</summary>
    public static void Merges(ComputeDevice device, int rows, int destinations, int columns)
    {
        using var tensors = new TestTensors(device);
        var random = new Random(rows);
        float[] input = TestTensors.Random(random, rows * columns), weights = TestTensors.Random(random, rows);
        int[] targets = [.. Enumerable.Range(0, rows).Select(i => i % 7 == 6 ? (i % 2 == 0 ? -1 : destinations) : random.Next(destinations - 1))];
        Tensor output = tensors.Of([.. Enumerable.Repeat(float.NaN, destinations * columns)], destinations, columns);
        device.Reduction.MergeRows(output, tensors.Of(input, rows, columns), tensors.Of(targets), tensors.Of(weights));
        double[] exact = new double[destinations * columns];
        float[] plain = new float[destinations * columns];
        for (int i = 0; i < input.Length; i++)
        {
            if (targets[i / columns] is int target && target >= 0 && target < destinations)
            {
                exact[(target * columns) + (i % columns)] += (double)weights[i / columns] * input[i];
                plain[(target * columns) + (i % columns)] += weights[i / columns] * input[i];
            }
        }

        float[] actual = tensors.Floats(output);
        Tolerance.Check(actual, exact, plain);
        Assert.That(actual[^columns..], Is.All.Zero, "nobody goes there");
        using var processor = new CpuDevice(1);
        using var others = new TestTensors(processor);
        Tensor other = others.Of(new float[destinations * columns], destinations, columns);
        processor.Reduction.MergeRows(other, others.Of(input, rows, columns), others.Of(targets), others.Of(weights));
        Assert.That(actual, Is.EqualTo(others.Floats(other)), "the same order, so the same bits, on every device");
    }

    /// <summary>A wrong operand is an error of the caller before anything is done.</summary>
    public static void RefusesWrongOperand(ComputeDevice device, string broken)
    {
        using var tensors = new TestTensors(device);
        Tensor scores = tensors.Of(new float[6], 2, 3);
        Tensor other = tensors.Of(new float[8], 2, 4);
        Tensor two = tensors.Of(new int[2]), three = tensors.Of(new int[3]), selected = tensors.Of(new int[6], 2, 3);
        Assert.That(
            () =>
            {
                switch (broken)
                {
                    case "wanted":
                        device.Reduction.SelectTop(selected, two, scores, three);
                        break;
                    case "capacity":
                        device.Reduction.SelectTop(two, two, scores, two);
                        break;
                    case "guarded":
                        device.Reduction.SelectTop(selected, two, scores, two, default, tensors.Of<byte>(DType.U8, new byte[5]));
                        break;
                    case "lengths":
                        device.Reduction.SelectTop(selected, two, scores, two, three);
                        break;
                    case "overlap":
                        device.Reduction.ScatterRows(scores, scores, two);
                        break;
                    case "columns":
                        device.Reduction.CosineSimilarity(tensors.Of(new float[4], 2, 2), scores, other);
                        break;
                    default:
                        device.Reduction.MergeRows(tensors.Of(new float[6], 2, 3), scores, three, tensors.Of(new float[2]));
                        break;
                }
            },
            Throws.ArgumentException);
    }

    private static void CheckSelection(ComputeDevice device, int entries, float[] scores, byte[] guarded, int[] lengths, int[] wanted) =>
        CheckSelection(device, entries, scores, guarded, lengths, wanted, (guarded, 0, 0));

    // `guarded` is all that is protected; `given` is how the device is told.
    private static void CheckSelection(
        ComputeDevice device, int entries, float[] scores, byte[] guarded, int[] lengths, int[] wanted, (byte[] Mask, int First, int Last) given)
    {
        int rows = scores.Length / entries;
        using var tensors = new TestTensors(device);
        Tensor selected = tensors.Of([.. Enumerable.Repeat(Untouched, scores.Length)], rows, entries);
        Tensor counts = tensors.Of(new int[rows]);
        device.Reduction.SelectTop(
            selected, counts, tensors.Of(scores, rows, entries), tensors.Of(wanted), lengths.Length == 0 ? default : tensors.Of(lengths),
            given.Mask.Length == 0 ? default : tensors.Of(DType.U8, given.Mask, rows, entries), given.First, given.Last);
        (int[] actual, int[] actualCounts) = (tensors.Ints(selected), tensors.Ints(counts));
        for (int r = 0; r < rows; r++)
        {
            int length = lengths.Length == 0 ? entries : Math.Min(entries, lengths[r]);
            int[] expected = Expected(
                scores[(r * entries)..((r * entries) + length)], guarded.Length == 0 ? [] : guarded[(r * entries)..((r * entries) + length)],
                wanted[wanted.Length == 1 ? 0 : r]);
            Assert.That(actualCounts[r], Is.EqualTo(expected.Length), $"row {r}");
            int[] row = actual[(r * entries)..((r + 1) * entries)];
            Assert.That(row, Is.EqualTo(expected.Concat(Enumerable.Repeat(Untouched, entries - expected.Length))), $"row {r}");
        }
    }

    // Comparing NaN puts it below everything, which is the rule; -0 equals 0.
    private static int[] Expected(float[] scores, byte[] guarded, int wanted)
    {
        int[] safe = [.. Enumerable.Range(0, scores.Length).Where(i => guarded.Length > 0 && guarded[i] != 0)];
        IEnumerable<int> best = Enumerable.Range(0, scores.Length).Except(safe).OrderByDescending(i => scores[i]).ThenBy(i => i);
        return [.. safe.Concat(best.Take(Math.Max(0, wanted - safe.Length))).Order()];
    }

    private static float Score(Random random, int row) => (row % 3) switch
    {
        0 => (float)(random.NextDouble() - 0.5),
        1 => random.Next(-2, 3) * (random.Next(2) == 0 ? 1f : -1f),
        _ => random.Next(6) switch
        {
            0 => float.NaN,
            1 => float.NegativeInfinity,
            2 => float.PositiveInfinity,
            3 => -float.Epsilon,
            4 => -0f,
            _ => 0f,
        },
    };

    private static IEnumerable<(int Left, int Right)> Pairs(int leftRows, int rightRows) =>
        Enumerable.Range(0, leftRows).SelectMany(left => Enumerable.Range(0, rightRows).Select(right => (left, right)));

    private static float[] Row(float[] matrix, int row, int columns) => matrix[(row * columns)..((row + 1) * columns)];

    private static double Cosine(float[] left, float[] right)
    {
        double product = left.Zip(right, (a, b) => (double)a * b).Sum();
        double lengths = Math.Sqrt(left.Sum(a => (double)a * a) * right.Sum(b => (double)b * b));
        return lengths == 0 ? 0 : product / lengths;
    }

    private static float PlainCosine(float[] left, float[] right)
    {
        float sum = 0;
        foreach ((Half a, Half b) in Halved(left).Zip(Halved(right)))
        {
            sum += (float)a * (float)b;
        }

        return sum;
    }

    private static Half[] Halved(float[] row)
    {
        double length = Math.Sqrt(row.Sum(value => (double)value * value));
        return [.. row.Select(value => (Half)(float)(length == 0 ? 0 : value / length))];
    }
}
