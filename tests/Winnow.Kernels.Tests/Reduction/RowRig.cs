using System;
using System.Linq;
using Winnow.Kernels.Reduction;

namespace Winnow.Kernels.Tests.Reduction;

/// <summary>Operands for one step through all operations on rows of scores.</summary>
internal sealed class RowRig : IDisposable
{
    /// <summary>The operations of a step.</summary>
    public const int Operations = 11;

    private const int Dim = 40;

    private readonly TestTensors _tensors;
    private readonly Tensor _input;
    private readonly Tensor _output;
    private readonly Tensor _pooled;
    private readonly Tensor _lengths;
    private readonly Tensor _vectors;
    private readonly Tensor _sums;
    private readonly Tensor _means;
    private readonly Tensor _moments;
    private readonly Tensor[] _scores;

    public RowRig(ComputeDevice device, int rows, int entries)
    {
        _tensors = new TestTensors(device);
        var random = new Random(rows);
        _input = _tensors.Of(TestTensors.Random(random, rows * entries), rows, entries);
        _output = _tensors.Of(new float[rows * entries], rows, entries);
        _pooled = _tensors.Of(new float[rows * entries], rows, entries);
        _lengths = _tensors.Of([.. Enumerable.Range(0, rows).Select(_ => random.Next(entries + 1))]);
        _vectors = _tensors.Of(TestTensors.Random(random, rows * entries * Dim), rows, entries, Dim);
        _sums = _tensors.Of(new float[rows]);
        _means = _tensors.Of(new float[rows * Dim], rows, Dim);
        _moments = _tensors.Of(new float[rows * Dim * Dim], rows, Dim, Dim);
        _scores = [.. Enumerable.Range(0, 4).Select(_ => _tensors.Of(new float[rows * entries], rows, entries))];
    }

    /// <summary>Every operation once; the output depends on all of them.</summary>
    public void Step()
    {
        IReduction reduction = _tensors.Device.Reduction;
        reduction.Map(_output, ElementOp.Multiply, _input, _input);
        reduction.Map(_output, ElementOp.Logistic, _output, default, -1, 2);
        reduction.CombineGroups(_output, _output, 2, GroupKind.Mean);
        reduction.PoolRows(_pooled, _output, PoolKind.Average, 5, _lengths);
        reduction.SoftmaxRows(_scores[0], _output, _lengths, 2, 17);
        reduction.AbsoluteSums(_sums, _output);
        reduction.RankRows(_scores[1], _output, _lengths);
        reduction.MeanVectors(_means, _vectors, _lengths);
        reduction.AddOuterProducts(_moments, _means.Reshape(new Shape(1, _means.Shape.ElementCount)));
        reduction.QuadraticForms(_scores[2], _vectors, _moments, _means, 2, 3, _lengths);
        reduction.LagDeviation(_scores[3], _vectors, 2, 8, _lengths);
    }

    /// <summary>Everything that a step wrote.</summary>
    public byte[] Results() => 
        [.. new[] { _output, _pooled, _sums, _means, _moments }.Concat(_scores).SelectMany(_tensors.Bytes)];

    /// <summary>New lengths for the same rows, as a replayed recording finds them.</summary>
    public void SetLengths(params int[] lengths) => _tensors.Device.Upload<int>(_lengths, lengths);

    public void Dispose() => _tensors.Dispose();
}
