using System;
using System.Collections.Generic;
using Winnow.Kernels;
using Winnow.Kernels.Attention;
using Winnow.Kernels.Cache;
using Winnow.Kernels.Reduction;
using Winnow.Models;

namespace Winnow.Cache.Policies;

/// <summary>
/// Carries out <see cref="AttentionPredictorPolicy"/>. A block is a page of the cache, and its history lies in that page's own planes, a ring by position: what is
/// read of it is gathered, and attention writes the next step of it.
/// </summary>
internal sealed class AttentionPredictorReader : SparseReader
{
    private const int Width = PagedKv.PageSlots;

    // Parts of the block, a number a row each: tokens and blocks of its sequence, how many blocks are wanted, the oldest step; then (row, layer, head) for each layer.
    private const int Tokens = 0;
    private const int Blocks = 1;
    private const int WantedBlocks = 2;
    private const int Oldest = 3;
    private const int Heads = 4;

    private readonly AttentionPredictorPolicy _policy;
    private readonly ComputeDevice _device;
    private readonly ModelConfig _config;
    private readonly KvCache _cache;
    private readonly Tensor _planes;
    private readonly int _rows;
    private readonly int _pages;
    private readonly HostBuffer _host = null!;
    private readonly Tensor _block;
    private readonly Tensor _weights;
    private readonly Tensor _history;
    private readonly Tensor _scores;
    private readonly Tensor _blockLists;
    private readonly Tensor _blockCounts;
    private readonly Tensor _lists;
    private readonly Tensor _counts;
    private int _sequences;
    private bool _decodes;

    public AttentionPredictorReader(AttentionPredictorPolicy policy, ComputeDevice device, ModelConfig config, KvCache cache, int maxSequences)
    {
        (_policy, _device, _config, _cache, _planes) = (policy, device, config, cache, cache.BlockHistory);
        _rows = maxSequences * config.KvHeads;
        _pages = KvCache.PagesFor(cache.Options.MaxTokens);
        try
        {
            _block = device.AllocateTensor(DType.I32, new Shape((Heads + (3L * config.Layers)) * _rows));
            _host = device.AllocateHost(_block.Bytes);
            _weights = device.AllocateTensor(DType.F32, new Shape(BlockNetwork.Weights));
            device.Upload<float>(_weights, policy.Weights.Packed);
            _history = device.AllocateTensor(DType.F32, new Shape(AttentionSignals.HistoryPlanes, _rows, _pages * Width));
            _scores = device.AllocateTensor(DType.F32, new Shape(_rows, _pages));
            _blockLists = device.AllocateTensor(DType.I32, new Shape(_rows, _pages));
            _blockCounts = device.AllocateTensor(DType.I32, new Shape(_rows));
            _lists = device.AllocateTensor(DType.I32, new Shape(_rows, _pages * Width));
            _counts = device.AllocateTensor(DType.I32, new Shape(_rows));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override void Prepare(IReadOnlyList<KvSequence> sequences, bool decodes)
    {
        RequireEverything(sequences);
        (_sequences, _decodes) = (sequences.Count, decodes);
        int rows = sequences.Count * _config.KvHeads;
        for (int row = 0; row < rows; row++)
        {
            KvSequence sequence = sequences[row / _config.KvHeads];
            int tokens = sequence.Length + 1;
            (Part(Tokens)[row], Part(Blocks)[row], Part(Oldest)[row]) = (tokens, KvCache.PagesFor(tokens), sequence.Length % AttentionSignals.HistorySteps);
            Part(WantedBlocks)[row] = Wanted(tokens);
            for (int layer = 0; layer < _config.Layers; layer++)
            {
                Span<int> head = Part(Heads + (3 * layer), 3).Slice(3 * row, 3);
                (head[0], head[1], head[2]) = (sequence.Row, layer, row % _config.KvHeads);
            }
        }
    }

    /// <inheritdoc/>
    public override void Begin()
    {
        if (_decodes)
        {
            _device.CopyIn(_block, _host, 0);
        }
    }

    /// <inheritdoc/>
    public override void Attend(in SparseLayer layer)
    {
        AttentionArguments arguments = layer.Arguments;
        if (arguments.Layer >= _policy.Dense && arguments.Window == 0)
        {
            arguments = arguments with { Signals = new AttentionSignals { BlockHistory = _planes } };
            if (_decodes)
            {
                Select(layer);
                int rows = _sequences * _config.KvHeads;
                arguments = arguments with
                {
                    SlotLists = _lists.Rows(0, rows).Reshape(new Shape(_sequences, _config.KvHeads, _pages * Width)),
                    SlotListCounts = _counts.Rows(0, rows),
                };
            }
        }

        _device.Attention.Forward(layer.Output, layer.Queries, layer.Cache, layer.Batch, arguments);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _block.Release();
        _host?.Dispose();
        _weights.Release();
        _history.Release();
        _scores.Release();
        _blockLists.Release();
        _blockCounts.Release();
        _lists.Release();
        _counts.Release();
    }

    private void Select(in SparseLayer layer)
    {
        int rows = _sequences * _config.KvHeads;
        int blocks = layer.Batch.MostSlots == 0 ? _pages : KvCache.PagesFor(layer.Batch.MostSlots);
        Tensor heads = _block.Rows((Heads + (3L * layer.Arguments.Layer)) * _rows, 3L * rows).Reshape(new Shape(rows, 3));
        Tensor history = new(_history.Buffer, 0, DType.F32, new Shape(AttentionSignals.HistoryPlanes, rows, blocks * Width));
        Tensor scores = new(_scores.Buffer, 0, DType.F32, new Shape(rows, blocks));
        for (int plane = 0; plane < AttentionSignals.HistoryPlanes; plane++)
        {
            _device.Cache.GatherSlots(
                history.Rows(plane, 1).Reshape(new Shape(rows, blocks * Width)), layer.Cache, heads, _planes.Rows(plane, 1).Reshape(new Shape(_planes.Shape[1], Width)));
        }

        (int sinks, int local) = (_policy.Sinks / Width, _policy.Local / Width);
        (Tensor lists, Tensor counts) = (_blockLists.Rows(0, rows), _blockCounts.Rows(0, rows));
        _device.Reduction.PredictBlocks(scores, history, _weights, Numbers(Blocks), Numbers(Oldest), sinks, local);
        _device.Reduction.SelectTop(lists, counts, scores, Numbers(WantedBlocks), Numbers(Blocks), default, sinks, local);
        _device.Reduction.ExpandBlocks(_lists.Rows(0, rows), _counts.Rows(0, rows), lists, counts, Numbers(Tokens), Width, _policy.Local);
    }

    // How many blocks a sequence of so many tokens reads, those that are always read included.
    private int Wanted(int tokens)
    {
        int blocks = KvCache.PagesFor(tokens), always = _policy.Sinks + _policy.Local;
        int budget = _policy.Budget.SlotsFor(tokens, _config.Layers * _config.KvHeads, _cache.BytesOfPage);
        bool calibrates = _policy.Calibration > 0 && tokens % _policy.Calibration == 0;
        return calibrates || budget >= tokens ? blocks : Math.Min(blocks, (always + Math.Max(0, budget - always)) / Width);
    }

    private Tensor Numbers(int part) => _block.Rows((long)part * _rows, _sequences * _config.KvHeads);

    private Span<int> Part(int first, int count = 1) => _host.Values<int>((long)first * _rows * sizeof(int), count * _rows);
}
