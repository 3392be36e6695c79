using System;
using System.Linq;
using Winnow.Cache;
using Winnow.Cache.Policies;
using Winnow.Kernels;
using Winnow.Kernels.Cache;
using Winnow.Models;

namespace Winnow.Bench.Cache.Policies;

/// <summary>What the next tokens of a sequence are to a layer, at random, on a device.</summary>
internal sealed class RandomTokens : IDisposable
{
    private readonly ComputeDevice _device;
    private readonly ModelConfig _config;
    private readonly Tensor _rows;
    private readonly Tensor _starts;
    private readonly Tensor _positions;
    private readonly Tensor _input;
    private readonly Tensor _queries;

    public RandomTokens(ComputeDevice device, Random random, ModelConfig config, KvSequence sequence, int count)
    {
        (_device, _config) = (device, config);
        _rows = Integers(device, sequence.Row);
        _starts = Integers(device, 0, count);
        _positions = Integers(device, [.. Enumerable.Range(sequence.Length, count)]);
        _input = Floats(device, random, count, config.Hidden);
        _queries = Floats(device, random, count, config.Heads * config.HeadDim);
        Keys = Floats(device, random, count, config.KvHeads * config.HeadDim);
        Values = Floats(device, random, count, config.KvHeads * config.HeadDim);
    }

    public RaggedBatch Batch => new() { Rows = _rows, Starts = _starts, Positions = _positions };

    public Tensor Keys { get; }

    public Tensor Values { get; }

    /// <summary>What a policy that watches gets to see of a layer.</summary>
    public KvLayer Layer(int layer, KvPolicyState? state) => new()
    {
        Device = _device,
        Layer = layer,
        Input = _input,
        Queries = _queries,
        NormEpsilon = _config.RmsEpsilon,
        Positions = _positions,
        State = state,
    };

    public void Dispose()
    {
        foreach (Tensor tensor in new[] { _rows, _starts, _positions, _input, _queries, Keys, Values })
        {
            tensor.Buffer.Dispose();
        }
    }

    private static Tensor Integers(ComputeDevice device, params int[] values)
    {
        Tensor tensor = device.AllocateTensor(DType.I32, new Shape(values.Length));
        device.Upload<int>(tensor, values);
        return tensor;
    }

    private static Tensor Floats(ComputeDevice device, Random random, int rows, int columns)
    {
        float[] values = new float[rows * columns];
        foreach (ref float value in values.AsSpan())
        {
            value = (2 * random.NextSingle()) - 1;
        }

        Tensor tensor = device.AllocateTensor(DType.F32, new Shape(rows, columns));
        device.Upload<float>(tensor, values);
        return tensor;
    }
}
