using System;
using System.IO;
using System.Runtime.InteropServices;
using Winnow.Kernels;
using Winnow.Models;

namespace Winnow.Cache.Policies;

/// <summary>Running moments of the queries of a sequence before RoPE, for each layer and query head: sums of q and of q q^T over tokens.</summary>
internal sealed class QueryMoments : KvPolicyState
{
    private readonly ComputeDevice _device;
    private readonly Tensor _sums;
    private readonly Tensor _products;
    private readonly int _skipped;
    private Tensor _normed;

    /// <summary>Moments of no queries.</summary>
    /// <param name="device">Where they lie.</param>
    /// <param name="config">The model.</param>
    /// <param name="skipped">How many first tokens do not count.</param>
    public QueryMoments(ComputeDevice device, ModelConfig config, int skipped)
        : this(device, new Shape(config.Layers, config.Heads, config.HeadDim, config.HeadDim), skipped)
    {
        device.Fill(_sums, 0);
        device.Fill(_products, 0);
    }

    private QueryMoments(ComputeDevice device, Shape shape, int skipped)
    {
        (_device, _skipped) = (device, skipped);
        _sums = device.AllocateTensor(DType.F32, new Shape(shape[0], shape[1], shape[2]));
        _products = device.AllocateTensor(DType.F32, shape);
    }

    /// <summary>Tokens seen, those that do not count included.</summary>
    public int Tokens { get; set; }

    /// <summary>How many queries are in the sums.</summary>
    public int Count => Math.Max(0, Tokens - _skipped);

    /// <summary>Adds the queries of a layer; tokens are counted when the step is done.</summary>
    public void Add(in KvLayer layer)
    {
        long rows = layer.Queries.Shape[0];
        long first = Math.Min(rows, Math.Max(0, _skipped - Tokens));
        if (first == rows)
        {
            return;
        }

        Tensor queries = Normed(layer, layer.Queries.Rows(first, rows - first));
        _device.Reduction.AddRowSums(SumsOf(layer.Layer).Reshape(new Shape(queries.Shape[1])), queries);
        _device.Reduction.AddOuterProducts(ProductsOf(layer.Layer), queries);
    }

    /// <summary>Sums of q, F32 [heads, headDim].</summary>
    public Tensor SumsOf(int layer) => _sums.Rows(layer, 1).Reshape(new Shape(_sums.Shape[1], _sums.Shape[2]));

    /// <summary>Sums of q q^T, F32 [heads, headDim, headDim].</summary>
    public Tensor ProductsOf(int layer) => _products.Rows(layer, 1).Reshape(new Shape(_sums.Shape[1], _sums.Shape[2], _sums.Shape[2]));

    /// <inheritdoc/>
    public override KvPolicyState Fork()
    {
        var fork = new QueryMoments(_device, _products.Shape, _skipped) { Tokens = Tokens };
        _device.Reduction.Map(fork._sums, Kernels.Reduction.ElementOp.Multiply, _sums, b: 1);
        _device.Reduction.Map(fork._products, Kernels.Reduction.ElementOp.Multiply, _products, b: 1);
        return fork;
    }

    /// <inheritdoc/>
    public override void Save(BinaryWriter writer)
    {
        writer.Write(Tokens);
        foreach (Tensor moments in (ReadOnlySpan<Tensor>)[_sums, _products])
        {
            float[] values = new float[moments.Shape.ElementCount];
            _device.Download(moments, values.AsSpan());
            writer.Write(MemoryMarshal.AsBytes(values.AsSpan()));
        }
    }

    /// <inheritdoc/>
    public override void Restore(BinaryReader reader)
    {
        Tokens = reader.ReadInt32();
        foreach (Tensor moments in (ReadOnlySpan<Tensor>)[_sums, _products])
        {
            float[] values = new float[moments.Shape.ElementCount];
            reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan()));
            _device.Upload<float>(moments, values);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _sums.Release();
        _products.Release();
        _normed.Release();
        base.Dispose(disposing);
    }

    // Models that normalize heads rotate what comes out of that.
    private Tensor Normed(in KvLayer layer, Tensor queries)
    {
        if (layer.QueryNorm.IsEmpty)
        {
            return queries;
        }

        if (_normed.IsEmpty || _normed.Shape[0] < queries.Shape[0])
        {
            _normed.Release();
            _normed = _device.AllocateTensor(DType.F32, queries.Shape);
        }

        Tensor normed = _normed.Rows(0, queries.Shape[0]);
        var heads = new Shape(queries.Shape.ElementCount / _sums.Shape[2], _sums.Shape[2]);
        _device.Norm.RmsNorm(normed.Reshape(heads), queries.Reshape(heads), layer.QueryNorm, layer.NormEpsilon);
        return normed;
    }
}
