using System;
using NUnit.Framework;
using Winnow.Kernels.Linear;

namespace Winnow.Kernels.Tests.Linear;

public sealed class CpuLinearTests
{
    [TestCaseSource(typeof(WeightReference), nameof(WeightReference.Types))]
    public void Project_AgreesWithDoublePrecision(DType type)
    {
        var random = new Random(1);
        using var device = new CpuDevice(2);
        foreach ((int rows, int inputs, int outputs) in new[] { (1, 256, 64), (3, 512, 65), (17, 768, 7) })
        {
            byte[] weight = WeightReference.Random(type, inputs * outputs, random);
            double[] values = WeightReference.Values(type, weight);
            float[] x = new float[rows * inputs];
            for (int i = 0; i < x.Length; i++)
            {
                x[i] = (float)((2 * random.NextDouble()) - 1);
            }

            Tensor input = device.AllocateTensor(DType.F32, new Shape(rows, inputs));
            Tensor weights = device.AllocateTensor(type, new Shape(outputs, inputs));
            Tensor output = device.AllocateTensor(DType.F32, new Shape(rows, outputs));
            device.Upload<float>(input, x);
            device.Upload<byte>(weights, weight);
            device.Linear.Project(input, new Projection { Output = output, Weight = weights });
            float[] actual = new float[rows * outputs];
            device.Download(output, actual.AsSpan());
            for (int i = 0; i < actual.Length; i++)
            {
                double expected = 0;
                double magnitude = 0;
                for (int k = 0; k < inputs; k++)
                {
                    double product = x[(i / outputs * inputs) + k] * values[(i % outputs * inputs) + k];
                    expected += product;
                    magnitude += Math.Abs(product);
                }

                Assert.That(actual[i], Is.EqualTo(expected).Within(magnitude * 1e-6));
            }

            input.Buffer.Dispose();
            weights.Buffer.Dispose();
            output.Buffer.Dispose();
        }
    }
}
