using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using Winnow.Kernels;
using Winnow.Models;

namespace Winnow.Tests.Cache.Policies;

/// <summary>The weights of the model that policies are tested with: eighths from -1 to 1, which every type holds exactly.</summary>
internal static class PolicyWeights
{
    private const int Heads = PolicyHarness.KvHeads * PolicyHarness.Group;

    /// <summary>A layer's query matrix, [heads * headDim, hidden].</summary>
    public static float[] Query(int layer) => Eighths(layer);

    /// <summary>A layer's output matrix, [hidden, heads * headDim].</summary>
    public static float[] Output(int layer) => Eighths(100 + layer);

    /// <summary>The weights on a device.</summary>
    /// <param name="device">The device.</param>
    /// <param name="type">F32, F16, BF16 or Q8_0.</param>
    public static IReadOnlyList<LayerWeights> Upload(ComputeDevice device, DType type = DType.F32) =>
        [.. Enumerable.Range(0, PolicyHarness.Layers).Select(layer => new LayerWeights
        {
            AttentionNorm = default,
            Query = Upload(device, type, Query(layer), new Shape(Heads * PolicyHarness.HeadDim, PolicyHarness.Hidden)),
            Key = default,
            Value = default,
            QueryBias = default,
            KeyBias = default,
            ValueBias = default,
            QueryNorm = default,
            KeyNorm = default,
            Output = Upload(device, type, Output(layer), new Shape(PolicyHarness.Hidden, Heads * PolicyHarness.HeadDim)),
            OutputBias = default,
            AttentionPostNorm = default,
            FfnNorm = default,
            Gate = default,
            Up = default,
            Down = default,
            FfnPostNorm = default,
        })];

    private static float[] Eighths(int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, Heads * PolicyHarness.HeadDim * PolicyHarness.Hidden).Select(_ => random.Next(-8, 9) / 8f)];
    }

    private static Tensor Upload(ComputeDevice device, DType type, float[] values, Shape shape)
    {
        // Rows that are no whole blocks stay floats.
        type = shape[1] % type.BlockValues() == 0 ? type : DType.F32;
        Tensor tensor = device.AllocateTensor(type, shape);
        device.Upload<byte>(tensor, type switch
        {
            DType.F32 => MemoryMarshal.AsBytes(values.AsSpan()),
            DType.F16 => MemoryMarshal.AsBytes([.. values.Select(value => (Half)value)]),
            DType.BF16 => MemoryMarshal.AsBytes([.. values.Select(value => (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16))]),
            _ => [.. values.Chunk(32).SelectMany(EighthsBlock)],
        });
        return tensor;
    }

    // A block of Q8_0: the scale 1/8 and whole numbers.
    private static byte[] EighthsBlock(float[] values) =>
        [.. BitConverter.GetBytes((Half)0.125f), .. values.Select(value => (byte)(sbyte)(8 * value))];
}
