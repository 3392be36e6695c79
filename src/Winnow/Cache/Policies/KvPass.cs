using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using Winnow.Kernels;
using Winnow.Models;

namespace Winnow.Cache.Policies;

/// <summary>
/// What a policy sees of one sequence after a step, and what it can do about it. A row is one KV head of one layer, row = layer * kvHeads + head;
/// matrices are [<see cref="Rows"/>, <see cref="Entries"/>] in the order of the slots, on the device. All operations are issued and none is waited for,
/// except <see cref="ReadBack"/>.
/// </summary>
public sealed partial class KvPass : IDisposable
{
    private readonly KvCache _cache;
    private readonly KvArena _arena;
    private readonly int[] _wanted;
    private readonly int[] _kept;
    private readonly List<int> _hostList = [];
    private int[] _lists = [];
    private KvSequence _sequence = null!;
    private KvPolicy _policy = null!;
    private List<int> _tokens = [];

    internal KvPass(ComputeDevice device, KvCache cache, KvModel model)
    {
        (Device, _cache, Model) = (device, cache, model);
        _arena = new KvArena(device);
        _wanted = new int[Rows];
        _kept = new int[Rows];
    }

    /// <summary>The device that the cache lies on.</summary>
    public ComputeDevice Device { get; }

    /// <summary>The model's dimensions.</summary>
    public ModelConfig Config => Model.Config;

    /// <summary>Layers.</summary>
    public int Layers => _cache.Options.Layers;

    /// <summary>KV heads of a layer.</summary>
    public int KvHeads => _cache.Options.KvHeads;

    /// <summary>Heads over all layers.</summary>
    public int Rows => Layers * KvHeads;

    /// <summary>When this is.</summary>
    public KvMoment Moment { get; private set; }

    /// <summary>Tokens that the sequence has had so far.</summary>
    public int Length => _sequence.Length;

    /// <summary>Tokens of the step.</summary>
    public int NewTokens { get; private set; }

    /// <summary>How many tokens were decoded one by one, this one included.</summary>
    public int DecodeSteps => _sequence.DecodeSteps;

    /// <summary>The ids of all <see cref="Length"/> tokens.</summary>
    public ReadOnlySpan<int> Tokens => CollectionsMarshal.AsSpan(_tokens)[..Length];

    /// <summary>What the policy notes about the sequence.</summary>
    public KvPolicyState? State => _sequence.State;

    /// <summary>How many slots the budget leaves each head, on average.</summary>
    public int Slots { get; private set; }

    /// <summary>The most slots that a row has.</summary>
    public int Entries { get; private set; }

    /// <summary>How many slots each row has, I32 [rows] on the device.</summary>
    public Tensor Lengths => _cache.CountsTensor(_sequence);

    /// <summary>How many slots each row is to keep; a policy's allocation fills it.</summary>
    public Span<int> Wanted => _wanted;

    /// <summary>How many slots the heads of a layer keep, on average, as the outermost policy says.</summary>
    /// <param name="layer">The layer.</param>
    public int SlotsOf(int layer) => Math.Max(_policy.LeastSlots, _policy.SlotsOf(this, layer));

    /// <summary>How many of the first slots of a row stay in any case, as the outermost policy says.</summary>
    internal int Sinks => _policy.SinkTokens;

    /// <summary>How many of the last slots of a row stay in any case, as the outermost policy says.</summary>
    internal int Recent => _policy.RecentOf(Slots);

    /// <summary>How many slots each row has.</summary>
    public ReadOnlySpan<int> Counts => _cache.Counts(_sequence);

    /// <summary>The model, for scores that need its weights.</summary>
    internal KvModel Model { get; }

    /// <summary>(page-table row, layer, KV head) of each row, I32 [rows, 3].</summary>
    internal Tensor Heads => _cache.HeadsOf(_sequence);

    /// <summary>A plane as a matrix: what it says about each slot; 0 past a row's length.</summary>
    /// <param name="plane">One of the policy's <see cref="CachePolicy.Planes"/>.</param>
    public Tensor Gather(string plane)
    {
        Tensor matrix = Matrix();
        Device.Cache.GatherSlots(matrix, _cache.Device, Heads, _cache.Attribute(plane));
        return matrix;
    }

    /// <summary>Writes a matrix to a plane.</summary>
    /// <param name="plane">One of the policy's <see cref="CachePolicy.Planes"/>.</param>
    /// <param name="matrix">F32 [rows, entries].</param>
    public void Scatter(string plane, Tensor matrix) => Device.Cache.ScatterSlots(_cache.Attribute(plane), _cache.Device, Heads, matrix);

    /// <summary>The positions of the slots, I32 [rows, entries]; 0 past a row's length.</summary>
    public Tensor GatherPositions()
    {
        Tensor matrix = Rent(DType.I32, new Shape(Rows, Entries));
        Device.Cache.GatherSlots(matrix, _cache.Device, Heads, _cache.Device.Positions);
        return matrix;
    }

    /// <summary>The keys of a layer, as stored, hence after RoPE: F32 [kvHeads, entries, headDim]; 0 past a row's length.</summary>
    /// <param name="layer">The layer.</param>
    public Tensor GatherKeys(int layer) => GatherVectors(layer, values: false);

    /// <summary>The values of a layer, F32 [kvHeads, entries, headDim]; 0 past a row's length.</summary>
    /// <param name="layer">The layer.</param>
    public Tensor GatherValues(int layer) => GatherVectors(layer, values: true);

    /// <summary>A matrix of undefined contents that lives until the pass ends.</summary>
    public Tensor Matrix() => Rent(DType.F32, new Shape(Rows, Entries));

    /// <summary>Memory of undefined contents that lives until the pass ends.</summary>
    /// <param name="type">The element type.</param>
    /// <param name="shape">The dimensions.</param>
    public Tensor Rent(DType type, Shape shape) => _arena.Rent(type, shape);

    /// <summary>Keeps in each row the first and the last slots and, up to <see cref="Wanted"/>, those that score best.</summary>
    /// <param name="scores">F32 [rows, entries].</param>
    /// <param name="sinks">How many of the first slots stay in any case.</param>
    /// <param name="recent">How many of the last slots stay in any case.</param>
    public void KeepTop(Tensor scores, int sinks = 0, int recent = 0)
    {
        int most = 0;
        ReadOnlySpan<int> counts = Counts;
        for (int row = 0; row < Rows; row++)
        {
            _wanted[row] = Math.Min(counts[row], Math.Max(_wanted[row], Math.Max(1, sinks + recent)));
            most = Math.Max(most, _wanted[row]);
        }

        Tensor wanted = Rent(DType.I32, new Shape(Rows));
        Device.Upload<int>(wanted, _wanted);
        Tensor kept = Rent(DType.I32, new Shape(Rows, most));
        Tensor counted = Rent(DType.I32, new Shape(Rows));
        Device.Reduction.SelectTop(kept, counted, scores, wanted, Lengths, default, sinks, recent);
        Device.Cache.KeepSelected(_cache.Device, Heads, kept, counted);
        Settle(_wanted);
    }

    /// <summary>Keeps in each row the slots whose mark is above 0. How many those are the host has to be told, so this waits for the device.</summary>
    /// <param name="marks">F32 [rows, entries].</param>
    public void KeepMarked(Tensor marks) => KeepMarked(ReadBack(marks));

    /// <summary>The same where the host has decided.</summary>
    /// <param name="marks">[rows * entries].</param>
    public void KeepMarked(ReadOnlySpan<float> marks)
    {
        Span<int> lists = Lists(Entries);
        ReadOnlySpan<int> counts = Counts;
        for (int row = 0; row < Rows; row++)
        {
            int kept = 0;
            for (int slot = 0; slot < counts[row]; slot++)
            {
                if (marks[(row * Entries) + slot] > 0)
                {
                    lists[(row * Entries) + kept++] = slot;
                }
            }

            _kept[row] = kept;
        }

        KeepLists(lists, Entries);
    }

    /// <summary>Keeps the same slots in every row; all rows have the same number of slots.</summary>
    /// <param name="slots">Which, strictly ascending.</param>
    public void KeepSlots(ReadOnlySpan<int> slots)
    {
        Span<int> lists = Lists(slots.Length);
        for (int row = 0; row < Rows; row++)
        {
            slots.CopyTo(lists[(row * slots.Length)..]);
        }

        _kept.AsSpan().Fill(slots.Length);
        KeepLists(lists, slots.Length);
    }

    /// <summary>Brings a matrix to the host. It waits for the device: only for what the host has to decide.</summary>
    /// <param name="matrix">An F32 matrix.</param>
    public float[] ReadBack(Tensor matrix)
    {
        float[] values = new float[matrix.Shape.ElementCount];
        Device.Download(matrix, values.AsSpan());
        return values;
    }

    /// <summary>An empty list of the host, the same in each pass.</summary>
    internal List<int> HostList()
    {
        _hostList.Clear();
        return _hostList;
    }

    internal void Begin(KvSequence sequence, KvPolicy policy, List<int> tokens, int newTokens, KvMoment moment)
    {
        (_sequence, _policy, _tokens, NewTokens, Moment) = (sequence, policy, tokens, newTokens, moment);
        _arena.Reset();
        Entries = _cache.MostSlots(sequence);
        Slots = Math.Max(policy.LeastSlots, policy.Budget.SlotsFor(sequence.Length, Rows, _cache.BytesOfPage));
    }

    /// <summary>Whether some layer holds more than it may.</summary>
    internal bool IsOver()
    {
        ReadOnlySpan<int> counts = Counts;
        for (int layer = 0; layer < Layers; layer++)
        {
            long held = 0;
            foreach (int count in counts.Slice(layer * KvHeads, KvHeads))
            {
                held += count;
            }

            if (held > (long)KvHeads * SlotsOf(layer))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Has each key speak for its place in the cache.</summary>
    internal void Realign(KvSequence sequence)
    {
        Tensor lengths = Rent(DType.I32, new Shape(Rows));
        _kept.AsSpan().Fill(sequence.Length);
        Device.Upload<int>(lengths, _kept);
        Tensor heads = _cache.HeadsOf(sequence);
        int step = Model.WindowInverse.IsEmpty ? Rows : KvHeads;
        for (int row = 0; row < Rows; row += step)
        {
            Tensor inverse = Model.InverseOf(row / KvHeads);
            Device.Cache.Rerotate(_cache.Device, heads.Rows(row, step), lengths.Rows(row, step), inverse, Config.RopeLayout);
        }
    }

    /// <inheritdoc/>
    void IDisposable.Dispose()
    {
        _arena.Dispose();
        DisposeDerived();
    }

    private Tensor GatherVectors(int layer, bool values)
    {
        Tensor vectors = Rent(DType.F32, new Shape(KvHeads, Entries, _cache.Options.HeadDim));
        Device.Cache.GatherVectors(vectors, _cache.Device, Heads.Rows((long)layer * KvHeads, KvHeads), values);
        return vectors;
    }

    private Span<int> Lists(int columns)
    {
        int needed = Rows * columns;
        if (_lists.Length < needed)
        {
            _lists = new int[Math.Max(needed, 2 * _lists.Length)];
        }

        return _lists.AsSpan(0, needed);
    }

    private void KeepLists(ReadOnlySpan<int> lists, int columns)
    {
        Tensor kept = Rent(DType.I32, new Shape(Rows, columns));
        Device.Upload(kept, lists);
        Tensor counted = Rent(DType.I32, new Shape(Rows));
        Device.Upload<int>(counted, _kept);
        Device.Cache.KeepSelected(_cache.Device, Heads, kept, counted);
        Settle(_kept);
    }

    private void Settle(ReadOnlySpan<int> counts)
    {
        _cache.Shrink(_sequence, counts);
        if (_policy.Positions == KvPositions.CacheRelative)
        {
            Realign(_sequence);
        }

        Entries = _cache.MostSlots(_sequence);
    }
}
