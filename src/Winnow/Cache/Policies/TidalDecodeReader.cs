using System;
using System.Collections.Generic;
using Winnow.Kernels;
using Winnow.Kernels.Attention;
using Winnow.Models;

namespace Winnow.Cache.Policies;

/// <summary>Carries out <see cref="TidalDecodePolicy"/>: what a selecting layer finds lies in lists that the layers after it read by.</summary>
internal sealed class TidalDecodeReader : SparseReader
{
    private readonly TidalDecodePolicy _policy;
    private readonly ComputeDevice _device;
    private readonly ModelConfig _config;
    private readonly KvCache _cache;
    private readonly int _correction;
    private readonly int _rows;
    private readonly int _capacity;
    private readonly HostBuffer _host = null!;
    private readonly Tensor _block;
    private readonly Tensor _scores;
    private readonly Tensor _lists;
    private readonly Tensor _counts;
    private int _sequences;

    public TidalDecodeReader(TidalDecodePolicy policy, ComputeDevice device, ModelConfig config, KvCache cache, int maxSequences)
    {
        (_policy, _device, _config, _cache) = (policy, device, config, cache);
        _correction = policy.CorrectionOf(config.Layers);
        _rows = maxSequences * config.KvHeads;
        int entries = KvCache.PagesFor(cache.Options.MaxTokens) * Kernels.Cache.PagedKv.PageSlots;
        _capacity = Math.Min(entries, Wanted(cache.Options.MaxTokens));
        try
        {
            // Wanted, lengths, and (row, layer, head) for each of the two layers that select.
            _block = device.AllocateTensor(DType.I32, new Shape(8L * _rows));
            _host = device.AllocateHost(_block.Bytes);
            _scores = device.AllocateTensor(DType.F32, new Shape(_rows, entries));
            _lists = device.AllocateTensor(DType.I32, new Shape(_rows, _capacity));
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
        _sequences = sequences.Count;
        Span<int> wanted = Part(0, 1), lengths = Part(1, 1), first = Part(2, 3), second = Part(5, 3);
        for (int row = 0; row < _sequences * _config.KvHeads; row++)
        {
            KvSequence sequence = sequences[row / _config.KvHeads];
            (wanted[row], lengths[row]) = (Wanted(sequence.Length + 1), sequence.Length + 1);
            Span<int> head = first.Slice(3 * row, 3);
            (head[0], head[1], head[2]) = (sequence.Row, Math.Min(_policy.Start, _config.Layers - 1), row % _config.KvHeads);
            head.CopyTo(second[(3 * row)..]);
            second[(3 * row) + 1] = Math.Min(_correction, _config.Layers - 1);
        }
    }

    /// <inheritdoc/>
    public override void Begin() => _device.CopyIn(_block, _host, 0);

    /// <inheritdoc/>
    public override void Attend(in SparseLayer layer)
    {
        AttentionArguments arguments = layer.Arguments;
        bool selects = arguments.Layer == _policy.Start || arguments.Layer == _correction;
        if (selects)
        {
            arguments = arguments with { Signals = new AttentionSignals { LastRow = _cache.Attribute(SlotPlanes.LastRow) } };
        }
        else if (arguments.Layer > _policy.Start && arguments.Window == 0)
        {
            int rows = _sequences * _config.KvHeads;
            arguments = arguments with
            {
                SlotLists = _lists.Rows(0, rows).Reshape(new Shape(_sequences, _config.KvHeads, _capacity)),
                SlotListCounts = _counts.Rows(0, rows),
            };
        }

        _device.Attention.Forward(layer.Output, layer.Queries, layer.Cache, layer.Batch, arguments);
        if (selects)
        {
            Select(layer, arguments.Layer == _policy.Start ? 2 : 5);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _block.Release();
        _host?.Dispose();
        _scores.Release();
        _lists.Release();
        _counts.Release();
    }

    private void Select(in SparseLayer layer, int headsPart)
    {
        int rows = _sequences * _config.KvHeads;
        int entries = layer.Batch.MostSlots == 0 ? (int)_scores.Shape[1] : layer.Batch.MostSlots;
        Tensor scores = new(_scores.Buffer, 0, DType.F32, new Shape(rows, entries));
        Tensor heads = _block.Rows((long)headsPart * _rows, 3L * rows).Reshape(new Shape(rows, 3));
        _device.Cache.GatherSlots(scores, layer.Cache, heads, _cache.Attribute(SlotPlanes.LastRow));
        _device.Reduction.SelectTop(
            _lists.Rows(0, rows), _counts.Rows(0, rows), scores, _block.Rows(0, rows), _block.Rows(_rows, rows), default, 0, 1);
    }

    private int Wanted(int tokens) => Math.Clamp(_policy.Budget.SlotsFor(tokens, _config.Layers * _config.KvHeads, _cache.BytesOfPage), 1, tokens);

    private Span<int> Part(int first, int count) => _host.Values<int>((long)first * _rows * sizeof(int), count * _rows);
}
