using System;
using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;

namespace Winnow.Kernels.Tests.Linear;

public sealed class CudaLinearTests
{
    private static IEnumerable<DType> Matrices => WeightReference.Types.Where(type => type != DType.F32);

    // Rows at the borders of the kernels and their tiles; outputs that fill no tile, and that need several.
    private static IEnumerable<(int Rows, int Outputs)> Shapes => [(1, 37), (5, 1), (9, 16), (16, 17), (17, 65), (70, 5)];

    [TestCaseSource(typeof(WeightReference), nameof(WeightReference.Types))]
    public void Project_AgreesWithDoublePrecisionAndWithTheProcessor(DType type)
    {
        using LinearFixture fixture = LinearFixture.Cuda();
        using var processor = new LinearFixture();
        int block = type.BlockValues();
        foreach (int inputs in block == 1 ? [8, 64, 172, 296] : new[] { block, 5 * block })
        {
            foreach ((int rows, int outputs) in Shapes)
            {
                var random = new Random((inputs * 100) + rows);
                byte[] weight = WeightReference.Random(type, outputs * inputs, random);
                float[] x = LinearFixture.Values(random, rows * inputs);
                float[] rounded = MatrixInputs.Round(type, x);
                double[] values = WeightReference.Values(type, weight);
                float[] actual = fixture.Project(type, weight, x, rows, inputs, outputs);
                LinearReference.AssertClose(
                    actual,
                    LinearReference.Product(values, rounded, rows, inputs, outputs),
                    LinearReference.Plain(type, values, rounded, rows, inputs, outputs));
                MatrixInputs.AssertWithinRounding(
                    type, actual, processor.Project(type, weight, x, rows, inputs, outputs), values, x, rows, inputs, outputs);
            }
        }
    }

    [TestCaseSource(typeof(WeightReference), nameof(WeightReference.Types))]
    public void Project_GivesARowTheSameBitsWhateverTheRowsBesideIt(DType type)
    {
        const int Most = 130;
        const int Outputs = 37;
        int inputs = type.BlockValues() == 1 ? 664 : type.BlockValues() == 32 ? 352 : 1280;
        var random = new Random(3);
        byte[] weight = WeightReference.Random(type, Outputs * inputs, random);
        float[] x = LinearFixture.Values(random, Most * inputs);
        using LinearFixture fixture = LinearFixture.Cuda(tile: 128);
        int[] expected = LinearFixture.Bits(fixture.Project(type, weight, x, Most, inputs, Outputs));
        foreach (int rows in new[] { 1, 5, 8, 9, 16, 17 })
        {
            foreach (int first in new[] { 0, Most - rows })
            {
                float[] some = x[(first * inputs)..((first + rows) * inputs)];
                int[] actual = LinearFixture.Bits(fixture.Project(type, weight, some, rows, inputs, Outputs));
                Assert.That(actual, Is.EqualTo(expected[(first * Outputs)..((first + rows) * Outputs)]), $"{rows} rows from {first}");
            }
        }
    }

    [TestCase(DType.F16)]
    [TestCase(DType.BF16)]
    [TestCase(DType.Q5_1)]
    [TestCase(DType.Q6_K)]
    public void Project_GivesTheSameBitsWithEverySplitAndTile(DType type)
    {
        const int Outputs = 70;
        const int Rows = 65;
        int inputs = type.BlockValues() == 1 ? 296 : 512;
        var random = new Random(4);
        byte[] weight = WeightReference.Random(type, Outputs * inputs, random);
        float[] x = LinearFixture.Values(random, Rows * inputs);
        int[]? expected = null;
        foreach ((int split, int tile) in new[] { (1, 64), (4, 128) })
        {
            using LinearFixture fixture = LinearFixture.Cuda(split, tile);
            foreach (int rows in new[] { Rows, 16, 3 })
            {
                int[] actual = LinearFixture.Bits(fixture.Project(type, weight, x, rows, inputs, Outputs));
                expected ??= actual;
                Assert.That(actual, Is.EqualTo(expected[..(rows * Outputs)]), $"{rows} rows, split {split}, tile {tile}");
            }
        }
    }
}
