using System;
using NUnit.Framework;
using Winnow.Kernels.Linear;
using Winnow.Kernels.Norm;
using Winnow.Kernels.Tests.Linear;

namespace Winnow.Kernels.Tests.Norm;

/// <summary>The order of warps decides nothing: rows, values and heads here take several warps of a block, and more than one block.</summary>
public sealed class CudaNormScheduleTests
{
    private const float Epsilon = 1e-5f;

    [TestCase(1031)]
    [TestCase(8200)]
    public void Norms_HaveTheSameBitsUnderEverySchedule(int columns)
    {
        float[] input = TestTensors.Random(new Random(1), 3 * columns);
        Schedules.AssertEqualBits(device =>
        {
            using var tensors = new TestTensors(device);
            Tensor x = tensors.Of(input, 3, columns);
            Tensor residual = tensors.Of(input, 3, columns);
            Tensor output = tensors.Of(input, 3, columns);
            Tensor weight = tensors.Of(input[..columns]);
            device.Norm.LayerNorm(x, x, weight, default, Epsilon);
            device.Norm.AddThenRmsNorm(output, residual, x, weight, Epsilon);
            device.Norm.RmsNorm(x, output, weight, Epsilon);
            device.Norm.AddRmsNorm(output, x, weight, Epsilon);
            device.Norm.LayerNorm(residual, residual, weight, weight, Epsilon);
            return [.. tensors.Bytes(x), .. tensors.Bytes(residual), .. tensors.Bytes(output)];
        });
    }

    [Test]
    public void Functions_HaveTheSameBitsUnderEverySchedule()
    {
        float[] input = TestTensors.Random(new Random(2), 1031, 40);
        Schedules.AssertEqualBits(device =>
        {
            using var tensors = new TestTensors(device);
            Tensor capped = tensors.Of(input);
            device.Norm.SoftCap(capped, 30f);
            byte[] bits = tensors.Bytes(capped);
            foreach (Activation activation in Enum.GetValues<Activation>())
            {
                Tensor values = tensors.Of(input);
                device.Norm.Activate(values, activation);
                bits = [.. bits, .. tensors.Bytes(values)];
            }

            return bits;
        });
    }

    [TestCase(DType.F32, 1031)]
    [TestCase(DType.BF16, 1032)]
    [TestCase(DType.Q8_0, 1056)]
    [TestCase(DType.Q6_K, 1280)]
    public void Embed_HasTheSameBitsUnderEverySchedule(DType type, int hidden)
    {
        byte[] rows = WeightReference.Random(type, 4 * hidden, new Random(3));
        Schedules.AssertEqualBits(device =>
        {
            using var tensors = new TestTensors(device);
            Tensor table = new(tensors.Of(DType.U8, rows).Buffer, 0, type, new Shape(4, hidden));
            Tensor output = tensors.Of(new float[3 * hidden], 3, hidden);
            device.Norm.Embed(output, table, tensors.Of([3, 0, 3]), 1.5f);
            return tensors.Bytes(output);
        });
    }

    [Test]
    public void RopeTable_HasTheSameBitsUnderEverySchedule() => Schedules.AssertEqualBits(device =>
    {
        using var tensors = new TestTensors(device);
        Tensor table = tensors.Of(new float[NormCases.Positions.Length * 64], NormCases.Positions.Length, 32, 2);
        device.Norm.RopeTable(table, tensors.Of(NormCases.Positions), tensors.Of(NormCases.Frequencies(64)), 1.25f);
        return tensors.Bytes(table);
    });

    [Test]
    public void Rope_HasTheSameBitsUnderEverySchedule([Values] RopeLayout layout, [Values] bool norm, [Values(24, 128)] int headDim)
    {
        const int Tokens = 5;
        const int Heads = 3;
        float[] input = TestTensors.Random(new Random(4), Tokens * Heads * headDim);
        float[] entries = TestTensors.Random(new Random(5), Tokens * headDim);
        Schedules.AssertEqualBits(device =>
        {
            using var tensors = new TestTensors(device);
            Tensor heads = tensors.Of(input, Tokens, Heads * headDim);
            Tensor weight = norm ? tensors.Of(input[..headDim]) : default;
            device.Norm.Rope(heads, headDim, tensors.Of(entries, Tokens, headDim / 2, 2), layout, weight, Epsilon);
            return tensors.Bytes(heads);
        });
    }
}
