using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using Winnow.Kernels.Attention;
using Winnow.Kernels.Cache;

namespace Winnow.Kernels.Tests.Attention;

/// <summary>
/// Puts a case on a device: pages scattered over the pool in random order, every unused slot, page and byte poisoned, every unused table
/// entry absurd, and guard values after what is written.
/// </summary>
internal sealed class AttentionRig : IDisposable
{
    private const int Guard = 64;
    private const float GuardValue = 12345.5f;
    private const int Layers = 2;
    private const int Layer = 1;
    private const int Poison = -77_777_777;
    private const int PoisonCount = 1_000_000;

    private readonly ComputeDevice _device;
    private readonly AttentionCase _case;
    private readonly List<Tensor> _owned = [];
    private readonly PagedKv _cache;
    private readonly RaggedBatch _batch;
    private readonly AttentionArguments _arguments;
    private readonly Tensor _queries;
    private readonly Tensor _outputs;
    private readonly Tensor _output;
    private readonly Tensor _logSumExps;
    private readonly List<(int Sequence, int KvHead, int Slot, int At)> _slots = [];
    private readonly Tensor _lists;
    private readonly Tensor _listCounts;
    private readonly Tensor _planes;
    private readonly float[] _planesBefore;
    private readonly Tensor _history;
    private readonly float[] _historyBefore = [];

    public AttentionRig(ComputeDevice device, AttentionCase one, int seed = 7, SignalCase? signals = null, bool hints = false, bool history = false, int run = 1)
    {
        (_device, _case) = (device, one);
        _cache = BuildCache(new Random(seed), run);
        _batch = new RaggedBatch
        {
            Rows = Upload(DType.I32, [.. Enumerable.Range(0, one.Sequences.Count)]),
            Starts = Upload(DType.I32, [.. one.Sequences.Aggregate(new List<int> { 0 }, (list, next) => [.. list, list[^1] + next.Positions.Length])]),
            Positions = Upload(DType.I32, [.. one.Sequences.SelectMany(sequence => sequence.Positions)]),
            MostTokens = hints ? one.Sequences.Max(sequence => sequence.Positions.Length) : 0,
            MostSlots = hints ? one.Sequences.Max(sequence => sequence.Heads.Max(head => head.Count)) : 0,
        };
        int columns = one.Heads * one.HeadDim;
        _queries = Upload(DType.F32, [.. one.Sequences.SelectMany(sequence => sequence.Queries)]).Reshape(new Shape(one.Tokens, columns));
        _outputs = Upload(DType.F32, [.. Enumerable.Repeat(GuardValue, (one.Tokens * columns) + Guard)]);
        _output = _outputs.Rows(0, one.Tokens * columns).Reshape(new Shape(one.Tokens, columns));
        _logSumExps = Upload(DType.F32, [.. Enumerable.Repeat(GuardValue, (one.Tokens * one.Heads) + Guard)]);
        int slots = (int)_cache.Positions.Shape.ElementCount;
        _planesBefore = signals?.Fresh == true
            ? new float[SignalCase.Planes * slots]
            : AttentionCase.Values(new Random(seed + 1), SignalCase.Planes * slots, DType.F32);
        _planes = Upload(DType.F32, _planesBefore);
        if (history)
        {
            _historyBefore = AttentionCase.Values(new Random(seed + 2), (AttentionSignals.HistoryPlanes * slots) + Guard, DType.F32);
            _history = Upload(DType.F32, _historyBefore);
        }

        bool listed = one.Sequences.Any(sequence => sequence.Heads.Any(head => head.Listed is not null));
        int capacity = listed ? one.Sequences.Max(sequence => sequence.Heads.Max(head => head.Listed!.Length)) + 1 : 0;
        int heads = one.Sequences.Count * one.KvHeads;
        _lists = listed ? Upload(DType.I32, new int[heads * capacity]).Reshape(new Shape(one.Sequences.Count, one.KvHeads, capacity)) : default;
        _listCounts = listed ? Upload(DType.I32, new int[heads]) : default;
        UploadLists(one);
        _arguments = new AttentionArguments
        {
            Layer = Layer,
            KeyLayer = one.KeysElsewhere ? 0 : null,
            Scale = one.Scale,
            SoftCap = one.SoftCap,
            Window = one.Window,
            Sinks = one.Sinks,
            WindowShare = one.WindowShare,
            Distant = one.Distant,
            SlotLists = _lists,
            SlotListCounts = _listCounts,
            Bidirectional = one.Bidirectional,
            LogSumExp = _logSumExps.Rows(0, one.Tokens * one.Heads).Reshape(new Shape(one.Tokens, one.Heads)),
            AncestorMask = one.Ancestors is null ? default : UploadMask(one.Ancestors),
            Signals = (signals?.Signals(_planes, slots) ?? default) with { BlockHistory = history ? _history.Rows(0, AttentionSignals.HistoryPlanes * slots) : default },
        };
    }

    public (float[] Output, float[] LogSumExp) Run()
    {
        RunOnly();
        return Results();
    }

    /// <summary>What signals say after one more call about every slot that is in use; nothing else may have changed.</summary>
    public List<SlotSignals> RunSignals(SignalCase signals)
    {
        int slots = _planesBefore.Length / SignalCase.Planes;
        _device.Upload<float>(_planes, _planesBefore);
        RunOnly();
        float[] planes = new float[_planesBefore.Length];
        _device.Download(_planes, planes.AsSpan());
        List<(int Sequence, int KvHead, int Slot, int At)> listed =
            [.. _slots.Where(slot => _case.Sequences[slot.Sequence].Heads[slot.KvHead].Listed?.Contains(slot.Slot) ?? true)];
        HashSet<int> used = [.. listed.Select(slot => slot.At)];
        for (int i = 0; i < planes.Length; i++)
        {
            if (planes[i] != _planesBefore[i] && (!used.Contains(i % slots) || !signals.Wants(i / slots)))
            {
                throw new InvalidOperationException($"plane {i / slots} was written at slot {i % slots}");
            }
        }

        float[] Of(float[] values, int at) => [.. Enumerable.Range(0, SignalCase.Planes).Select(plane => values[(plane * slots) + at])];
        return [.. listed.Select(slot => new SlotSignals(slot.Sequence, slot.KvHead, slot.Slot, Of(_planesBefore, slot.At), Of(planes, slot.At)))];
    }

    /// <summary>What the history says after one more call about every page in use and every token that it remembers; nothing else may have changed.</summary>
    public List<PageHistory> RunHistory()
    {
        int plane = (int)_cache.Positions.Shape.ElementCount;
        _device.Upload<float>(_history, _historyBefore);
        RunOnly();
        float[] after = new float[_historyBefore.Length];
        _device.Download(_history, after.AsSpan());
        var found = new List<PageHistory>();
        HashSet<int> written = [];
        int firstToken = 0;
        for (int s = 0; s < _case.Sequences.Count; s++)
        {
            int[] positions = _case.Sequences[s].Positions;
            foreach ((_, int kvHead, int slot, int at) in _slots.Where(slot => slot.Sequence == s && slot.Slot % PagedKv.PageSlots == 0))
            {
                for (int own = Math.Max(0, positions.Length - AttentionSignals.HistorySteps); own < positions.Length; own++)
                {
                    int step = positions[own] % AttentionSignals.HistorySteps;
                    int entry = (step / PagedKv.PageSlots * plane) + at + (step % PagedKv.PageSlots);
                    written.Add(entry);
                    found.Add(new PageHistory(firstToken + own, kvHead, slot / PagedKv.PageSlots, after[entry]));
                }
            }

            firstToken += positions.Length;
        }

        int stray = Enumerable.Range(0, after.Length).FirstOrDefault(i => after[i] != _historyBefore[i] && !written.Contains(i), -1);
        return stray < 0 ? found : throw new InvalidOperationException($"the history was written at {stray}");
    }

    /// <summary>
    /// Puts the queries, positions and counts of another step in the place of this one's: as many tokens, and of every head the first
    /// slots. Addresses stay as they are, as between two steps of one recording.
    /// </summary>
    public void Become(AttentionCase other)
    {
        int[] counts = [.. Enumerable.Repeat(PoisonCount, (int)_cache.Counts.Shape.ElementCount)];
        foreach ((int sequence, int kvHead) in _slots.Select(slot => (slot.Sequence, slot.KvHead)).Distinct())
        {
            counts[HeadOf(sequence, kvHead, KeyLayer)] = other.Sequences[sequence].Heads[kvHead].Count;
        }

        _device.Upload<int>(_cache.Counts, counts);
        _device.Upload<int>(_batch.Positions, [.. other.Sequences.SelectMany(sequence => sequence.Positions)]);
        _device.Upload<float>(_queries, [.. other.Sequences.SelectMany(sequence => sequence.Queries)]);
        UploadLists(other);
    }

    /// <summary>What a call that has been issued, or replayed, wrote.</summary>
    public (float[] Output, float[] LogSumExp) Results()
    {
        float[] outputs = new float[_outputs.Shape.ElementCount];
        float[] logSumExps = new float[_logSumExps.Shape.ElementCount];
        _device.Download(_outputs, outputs.AsSpan());
        _device.Download(_logSumExps, logSumExps.AsSpan());
        if (outputs[^Guard..].Concat(logSumExps[^Guard..]).Any(value => value != GuardValue))
        {
            throw new InvalidOperationException("something was written past the end of an output");
        }

        return (outputs[..^Guard], logSumExps[..^Guard]);
    }

    public void RunOnly() => _device.Attention.Forward(_output, _queries, _cache, _batch, _arguments);

    public void Dispose()
    {
        foreach (Tensor tensor in _owned)
        {
            tensor.Buffer.Dispose();
        }
    }

    private int KeyLayer => _case.KeysElsewhere ? 0 : Layer;

    // What is past a list's count is no slot of any head.
    private void UploadLists(AttentionCase one)
    {
        if (_lists.IsEmpty)
        {
            return;
        }

        int capacity = (int)_lists.Shape[2];
        int[] lists = [.. Enumerable.Repeat(Poison, (int)_lists.Shape.ElementCount)];
        int[] counts = [.. Enumerable.Repeat(PoisonCount, (int)_listCounts.Shape.ElementCount)];
        for (int s = 0; s < one.Sequences.Count; s++)
        {
            for (int g = 0; g < one.KvHeads && one.Sequences[s].Positions.Length > 0; g++)
            {
                int[] listed = one.Sequences[s].Heads[g].Listed!;
                int index = (s * one.KvHeads) + g;
                listed.CopyTo(lists, index * capacity);
                counts[index] = listed.Length;
            }
        }

        _device.Upload<int>(_lists, lists);
        _device.Upload<int>(_listCounts, counts);
    }

    // Pages lie in runs of so many, runs at random places.
    private PagedKv BuildCache(Random random, int run)
    {
        int needed = _case.Sequences.Sum(sequence => sequence.Heads.Sum(head => PagesOf(head.Count))) * (_case.KeysElsewhere ? 2 : 1);
        int pages = needed + 3;
        int perHead = _case.Sequences.Max(sequence => sequence.Heads.Max(head => PagesOf(head.Count))) + 2;
        int[] order = [.. Enumerable.Range(0, pages).Chunk(run).OrderBy(_ => random.Next()).SelectMany(group => group)];
        float[] keys = [.. Enumerable.Repeat(float.NaN, pages * PagedKv.PageSlots * _case.HeadDim)];
        float[] values = [.. keys];
        int[] positions = [.. Enumerable.Repeat(-1_000_000, pages * PagedKv.PageSlots)];
        int[] table = [.. Enumerable.Repeat(Poison, _case.Sequences.Count * Layers * _case.KvHeads * perHead)];
        int[] counts = [.. Enumerable.Repeat(PoisonCount, _case.Sequences.Count * Layers * _case.KvHeads)];
        int next = 0;
        for (int s = 0; s < _case.Sequences.Count; s++)
        {
            for (int g = 0; g < _case.KvHeads; g++)
            {
                AttentionCase.Head head = _case.Sequences[s].Heads[g];
                int index = HeadOf(s, g, KeyLayer);
                counts[index] = head.Count;
                int[] own = order[next..(next += PagesOf(head.Count))];
                own.CopyTo(table, index * perHead);
                int[] ownValues = _case.KeysElsewhere ? order[next..(next += PagesOf(head.Count))] : own;
                ownValues.CopyTo(table, HeadOf(s, g, Layer) * perHead);
                for (int j = 0; j < head.Count; j++)
                {
                    int slot = SlotOf(own, j);
                    _slots.Add((s, g, j, slot));
                    positions[slot] = head.Positions[j];
                    head.Keys.AsSpan(j * _case.HeadDim, _case.HeadDim).CopyTo(keys.AsSpan(slot * _case.HeadDim));
                    head.Values.AsSpan(j * _case.HeadDim, _case.HeadDim).CopyTo(values.AsSpan(SlotOf(ownValues, j) * _case.HeadDim));
                }
            }
        }

        var shape = new Shape(pages, PagedKv.PageSlots, _case.HeadDim);
        return new PagedKv
        {
            Keys = Converted(keys, shape),
            Values = Converted(values, shape),
            Positions = Upload(DType.I32, positions).Reshape(new Shape(pages, PagedKv.PageSlots)),
            PageTable = Upload(DType.I32, table).Reshape(new Shape(_case.Sequences.Count, Layers, _case.KvHeads, perHead)),
            Counts = Upload(DType.I32, counts).Reshape(new Shape(_case.Sequences.Count, Layers, _case.KvHeads)),
        };
    }

    private int HeadOf(int sequence, int kvHead, int layer) => (((sequence * Layers) + layer) * _case.KvHeads) + kvHead;

    private static int SlotOf(int[] pages, int slot) => (pages[slot / PagedKv.PageSlots] * PagedKv.PageSlots) + (slot % PagedKv.PageSlots);

    private static int PagesOf(int slots) => (slots + PagedKv.PageSlots - 1) / PagedKv.PageSlots;

    private Tensor Converted(float[] values, Shape shape) => _case.Type switch
    {
        DType.F16 => Upload(DType.F16, values.Select(value => (Half)value).ToArray()).Reshape(shape),
        DType.BF16 => Upload(DType.BF16, values.Select(value => (BFloat16)value).ToArray()).Reshape(shape),
        _ => Upload(DType.F32, values).Reshape(shape),
    };

    private Tensor UploadMask(List<bool[]> ancestors)
    {
        int words = (ancestors.Max(row => row.Length) + 31) / 32;
        int[] bits = new int[ancestors.Count * words];
        for (int token = 0; token < ancestors.Count; token++)
        {
            for (int j = 0; j < ancestors[token].Length; j++)
            {
                bits[(token * words) + (j / 32)] |= (ancestors[token][j] ? 1 : 0) << (j % 32);
            }
        }

        return Upload(DType.I32, bits).Reshape(new Shape(ancestors.Count, words));
    }

    private Tensor Upload<T>(DType type, T[] values)
        where T : unmanaged
    {
        Tensor tensor = _device.AllocateTensor(type, new Shape(values.Length * Marshal.SizeOf<T>() / type.BlockBytes()));
        _device.Upload<T>(tensor, values);
        _owned.Add(tensor);
        return tensor;
    }
}
