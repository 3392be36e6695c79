using System;
using System.Linq;
using Winnow.Kernels.Reduction;

namespace Winnow.Kernels.Tests.Reduction;

/// <summary>Operands for one step through all operations on rows of scores.</summary>
internal sealed class RowRig : IDisposable
{
    /// <summary>The operations of a step.</summary>
    public const int Operations = 4;

    private readonly TestTensors _tensors;
    private readonly Tensor _input;
    private readonly Tensor _output;
    private readonly Tensor _pooled;
    private readonly Tensor _lengths;

    public RowRig(ComputeDevice device, int rows, int entries)
    {
        _tensors = new TestTensors(device);
        var random = new Random(rows);
        _input = _tensors.Of(TestTensors.Random(random, rows * entries), rows, entries);
        _output = _tensors.Of(new float[rows * entries], rows, entries);
        _pooled = _tensors.Of(new float[rows * entries], rows, entries);
        _lengths = _tensors.Of([.. Enumerable.Range(0, rows).Select(_ => random.Next(entries + 1))]);
    }

    /// <summary>Every operation once; the output depends on all of them.</summary>
    public void Step()
    {
        IReduction reduction = _tensors.Device.Reduction;
        reduction.Map(_output, ElementOp.Multiply, _input, _input);
        reduction.Map(_output, ElementOp.Logistic, _output, default, -1, 2);
        reduction.CombineGroups(_output, _output, 2, GroupKind.Mean);
        reduction.PoolRows(_pooled, _output, PoolKind.Average, 5, _lengths);
    }

    /// <summary>Everything that a step wrote.</summary>
    public byte[] Results() => [.. _tensors.Bytes(_output), .. _tensors.Bytes(_pooled)];

    /// <summary>New lengths for the same rows, as a replayed recording finds them.</summary>
    public void SetLengths(params int[] lengths) => _tensors.Device.Upload<int>(_lengths, lengths);

    public void Dispose() => _tensors.Dispose();
}
