using System;
using System.Collections.Generic;
using System.Linq;
using Winnow.Kernels;
using Winnow.Kernels.Attention;
using Winnow.Models;

namespace Winnow.Cache.Policies;

/// <summary>Carries out <see cref="PodPolicy"/>: the queries of a group's first layer wait for the layers after it, whose attention is made of two parts.</summary>
internal sealed class PodReader : SparseReader
{
    private readonly ComputeDevice _device;
    private readonly int[] _leaders;
    private readonly bool[] _leads;
    private readonly int _heads;
    private readonly int _sinks;
    private readonly int _window;
    private readonly float _share;
    private readonly Tensor _rows;
    private readonly Tensor _queries;
    private readonly Tensor _distant;
    private readonly Tensor _nearSums;
    private readonly Tensor _distantSums;

    public PodReader(PodPolicy policy, ComputeDevice device, ModelConfig config, KvCache cache, int maxTokens)
    {
        (_device, _leaders, _heads, _sinks) = (device, policy.LeadersOf(config), config.Heads, policy.Sinks);
        _leads = [.. _leaders.Select((_, layer) => _leaders.Where((leader, other) => leader == layer && other != layer).Any())];
        _share = (float)policy.Budget.Share;
        _window = Math.Max(1, policy.Budget.SlotsFor(1, config.Layers * config.KvHeads, cache.BytesOfPage) - _sinks);
        int columns = config.Heads * config.HeadDim;
        try
        {
            _rows = device.AllocateTensor(DType.I32, new Shape(maxTokens));
            device.Upload<int>(_rows, [.. Enumerable.Range(0, maxTokens)]);
            _queries = device.AllocateTensor(DType.F32, new Shape(maxTokens, columns));
            _distant = device.AllocateTensor(DType.F32, new Shape(maxTokens, columns));
            _nearSums = device.AllocateTensor(DType.F32, new Shape(maxTokens, config.Heads));
            _distantSums = device.AllocateTensor(DType.F32, new Shape(maxTokens, config.Heads));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override void Prepare(IReadOnlyList<KvSequence> sequences, bool decodes) => RequireEverything(sequences);

    /// <inheritdoc/>
    public override void Attend(in SparseLayer layer)
    {
        int tokens = layer.Batch.Tokens;
        AttentionArguments arguments = layer.Arguments;
        int leader = _leaders[arguments.Layer];
        if (leader == arguments.Layer)
        {
            _device.Attention.Forward(layer.Output, layer.Queries, layer.Cache, layer.Batch, arguments);
            if (_leads[leader])
            {
                _device.Reduction.GatherRows(_queries.Rows(0, tokens), layer.Queries, _rows.Rows(0, tokens));
            }

            return;
        }

        (Tensor distant, Tensor nearSums, Tensor distantSums) = (_distant.Rows(0, tokens), _nearSums.Rows(0, tokens), _distantSums.Rows(0, tokens));
        AttentionArguments near = arguments with { Window = _window, WindowShare = _share, Sinks = _sinks, LogSumExp = nearSums };
        _device.Attention.Forward(layer.Output, layer.Queries, layer.Cache, layer.Batch, near);
        _device.Attention.Forward(
            distant, _queries.Rows(0, tokens), layer.Cache, layer.Batch, near with { Distant = true, KeyLayer = leader, LogSumExp = distantSums });
        _device.Attention.Merge(layer.Output, nearSums, distant, distantSums, _heads);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _rows.Release();
        _queries.Release();
        _distant.Release();
        _nearSums.Release();
        _distantSums.Release();
    }
}
