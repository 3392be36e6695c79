using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Linq;
using Winnow.Cache.Policies;
using Winnow.Kernels;
using Winnow.Kernels.Cache;

namespace Winnow.Cache;

/// <summary>
/// The paged KV cache: one pool of pages for all sequences, layers and heads. Each head of each layer has its own pages and its own
/// count, so that each may keep different tokens, and what is dropped is really free again. Forks share pages until one side writes.
/// The host mirrors page tables and counts, so nothing here waits for the device. Not thread-safe: one thread owns it.
/// </summary>
public sealed partial class KvCache : IDisposable
{
    private readonly ComputeDevice _device;
    private readonly List<DeviceBuffer> _buffers = [];
    private readonly PagePool _pool;
    private readonly PagedKv _kv;
    private readonly int[]?[] _tables;
    private readonly int[] _counts;
    private readonly KvSequence?[] _sequences;
    private readonly Tensor _copySources;
    private readonly Tensor _copyDestinations;
    private readonly Tensor _kept;
    private readonly Tensor _headIds;
    private readonly bool _ownsAll;
    private readonly int[] _copyPairs;
    private readonly int[] _pageIds;
    private readonly (int First, int End)[] _changed;
    private readonly int _heads;
    private readonly int _pagesPerHead;

    /// <summary>Allocates the pool and the tables.</summary>
    /// <param name="device">Where it lies.</param>
    /// <param name="options">The capacities.</param>
    /// <exception cref="OutOfDeviceMemoryException">The device has less free than the pool takes.</exception>
    public KvCache(ComputeDevice device, KvCacheOptions options)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(options);
        Validate(options);
        _device = device;
        Options = options;
        _heads = options.Layers * options.KvHeads;
        _pagesPerHead = PagesFor(options.MaxTokens);
        _pool = new PagePool(options.Pages);
        _tables = new int[options.MaxSequences][];
        _sequences = new KvSequence?[options.MaxSequences];
        _counts = new int[options.MaxSequences * _heads];
        _copyPairs = new int[2 * _heads];
        _changed = new (int, int)[_heads];
        _pageIds = new int[(int)Math.Min(MostPageIds, (long)_heads * _pagesPerHead)];
        _ownsAll = SignalPlanes.Any(options.Attributes);
        Norms = SignalPlanes.NormsOf(options.Attributes);
        try
        {
            Shape pages = new(options.Pages, PagedKv.PageSlots, options.HeadDim);
            Shape heads = new(options.MaxSequences, options.Layers, options.KvHeads);
            _kv = new PagedKv
            {
                Keys = Allocate(options.Type, pages),
                Values = Allocate(options.Type, pages),
                Positions = Allocate(DType.I32, new Shape(options.Pages, PagedKv.PageSlots)),
                Attributes = options.Attributes.Count == 0
                    ? default
                    : Allocate(DType.F32, new Shape(options.Attributes.Count, options.Pages, PagedKv.PageSlots)),
                PageTable = Allocate(DType.I32, new Shape(heads[0], heads[1], heads[2], _pagesPerHead)),
                Counts = Allocate(DType.I32, heads),
            };
            _copySources = Allocate(DType.I32, new Shape(_heads));
            _copyDestinations = Allocate(DType.I32, new Shape(_heads));
            _kept = Allocate(DType.I32, new Shape(_pagesPerHead * PagedKv.PageSlots));
            _headIds = Allocate(DType.I32, new Shape((long)options.MaxSequences * _heads, 3));
            UploadHeadIds();

            // Kernels read entries past a head's last page before they know how many it has, and leave them unused.
            device.Fill(_kv.PageTable, 0);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The capacities it was made with.</summary>
    public KvCacheOptions Options { get; }

    /// <summary>Pages in the pool.</summary>
    public int TotalPages => Options.Pages;

    /// <summary>Pages that no sequence uses.</summary>
    public int FreePages => _pool.FreeCount;

    internal ref readonly PagedKv Device => ref _kv;

    /// <summary>Whether some steps read only some of its slots: a prompt of the same tokens then gives other keys and values.</summary>
    internal bool IsReadSparsely { get; set; }

    /// <summary>The planes that an append fills with norms.</summary>
    internal SlotNorms Norms { get; }

    /// <summary>The bytes of one page: keys, values, positions and attributes of <see cref="PagedKv.PageSlots"/> slots.</summary>
    /// <param name="headDim">Values in one head's key.</param>
    /// <param name="type">What keys and values are kept in.</param>
    /// <param name="attributes">Planes kept with each slot.</param>
    public static long PageBytes(int headDim, DType type, int attributes = 0) =>
        PagedKv.PageSlots * ((2 * type.BytesOf(headDim)) + sizeof(int) + (attributes * sizeof(float)));

    /// <summary>The pages that one head takes for <paramref name="tokens"/> tokens.</summary>
    /// <param name="tokens">Tokens kept.</param>
    public static int PagesFor(int tokens) => (tokens + PagedKv.PageSlots - 1) / PagedKv.PageSlots;

    /// <summary>The plane of an attribute, F32 [pages, PageSlots], in the addressing of the keys.</summary>
    /// <param name="name">One of <see cref="KvCacheOptions.Attributes"/>.</param>
    /// <exception cref="ArgumentException">The cache was made without it.</exception>
    public Tensor Attribute(string name)
    {
        for (int i = 0; i < Options.Attributes.Count; i++)
        {
            if (Options.Attributes[i] == name)
            {
                return _kv.Attributes.Rows(i, 1).Reshape(new Shape(Options.Pages, PagedKv.PageSlots));
            }
        }

        throw new ArgumentException($"The cache keeps no attribute '{name}'; it keeps [{string.Join(", ", Options.Attributes)}].", nameof(name));
    }

    /// <summary>The planes of <see cref="SlotPlanes.BlockHistory"/> as one, F32 [planes, pages, PageSlots].</summary>
    /// <exception cref="ArgumentException">The cache was made without them, or they do not lie one after another.</exception>
    internal Tensor BlockHistory
    {
        get
        {
            int first = Options.Attributes.TakeWhile(name => name != SlotPlanes.BlockHistory[0]).Count();
            return Options.Attributes.Skip(first).Take(SlotPlanes.BlockHistory.Count).SequenceEqual(SlotPlanes.BlockHistory)
                ? _kv.Attributes.Rows(first, SlotPlanes.BlockHistory.Count)
                : throw new ArgumentException($"The cache keeps no history of pages; it keeps [{string.Join(", ", Options.Attributes)}].");
        }
    }

    /// <summary>Opens an empty sequence.</summary>
    /// <param name="policy">What evicts its slots; null where nothing does.</param>
    /// <exception cref="ArgumentException">The cache was made without a plane that the policy needs.</exception>
    /// <exception cref="WinnowException">All rows are in use.</exception>
    public KvSequence CreateSequence(KvPolicy? policy = null)
    {
        KvPolicy? evicting = policy is { Evicts: KvMoment.None, Observes: KvMoment.None } ? null : policy;
        foreach (string plane in evicting?.Planes ?? [])
        {
            Attribute(plane);
        }

        int row = Array.IndexOf(_sequences, null);
        if (row < 0)
        {
            throw new WinnowException(
                $"All {Options.MaxSequences} sequences of the KV cache are in use; free one, or allow more when the cache is made.");
        }

        _tables[row] ??= new int[_heads * _pagesPerHead];
        CountsOf(row).Clear();
        UploadCounts(row);
        return _sequences[row] = new KvSequence(this, row, evicting);
    }

    /// <summary>
    /// Makes room for more tokens in every head: new pages, and a copy of a last page that a fork still shares.
    /// </summary>
    /// <param name="sequence">The sequence.</param>
    /// <param name="tokens">How many tokens will be appended.</param>
    /// <returns>False where the pool has too few free pages; nothing has changed then.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A head would grow past <see cref="KvCacheOptions.MaxTokens"/> slots.</exception>
    public bool TryReserve(KvSequence sequence, int tokens)
    {
        Check(sequence);
        ArgumentOutOfRangeException.ThrowIfNegative(tokens);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MostSlots(sequence) + (long)tokens, Options.MaxTokens, nameof(tokens));
        if (tokens == 0)
        {
            return true;
        }

        if (PagesNeeded(sequence, tokens) > _pool.FreeCount)
        {
            return false;
        }

        if (WritesEverywhere(sequence))
        {
            OwnPages(sequence);
        }

        int copies = 0;
        for (int head = 0; head < _heads; head++)
        {
            int count = CountsOf(sequence.Row)[head];
            copies += CopyOnWrite(sequence.Row, head, count / PagedKv.PageSlots, count % PagedKv.PageSlots != 0, copies);
            for (int page = PagesFor(count); page < PagesFor(count + tokens); page++)
            {
                if (TableOf(sequence.Row, head)[page] == 0)
                {
                    SetPage(sequence.Row, head, page, _pool.Take());
                }
            }
        }

        UploadPages(sequence.Row);
        CopyPages(copies);
        return true;
    }

    /// <summary>How many free pages <see cref="TryReserve"/> would take.</summary>
    /// <param name="sequence">The sequence.</param>
    /// <param name="tokens">How many tokens would be appended.</param>
    public int PagesNeeded(KvSequence sequence, int tokens)
    {
        Check(sequence);
        int needed = 0;
        for (int head = 0; tokens > 0 && head < _heads; head++)
        {
            int count = CountsOf(sequence.Row)[head];
            ReadOnlySpan<int> table = TableOf(sequence.Row, head);
            int first = WritesEverywhere(sequence) ? 0 : count / PagedKv.PageSlots;
            for (int page = first; page < PagesFor(count); page++)
            {
                needed += _pool.IsShared(table[page] - 1) ? 1 : 0;
            }

            for (int page = PagesFor(count); page < PagesFor(count + tokens); page++)
            {
                needed += table[page] == 0 ? 1 : 0;
            }
        }

        return needed;
    }

    /// <summary>A second sequence with the same contents. Pages are shared until one of the two writes to them.</summary>
    /// <param name="sequence">The sequence to copy.</param>
    public KvSequence Fork(KvSequence sequence)
    {
        Check(sequence);
        KvSequence fork = CreateSequence(sequence.Policy);
        (fork.State, fork.HasState, fork.SavedState) = (sequence.State?.Fork(), sequence.HasState, sequence.SavedState);
        (fork.HasEvicted, fork.DecodeSteps) = (sequence.HasEvicted, sequence.DecodeSteps);
        (fork.IsRelative, fork.FrozenLength) = (sequence.IsRelative, sequence.FrozenLength);
        CountsOf(sequence.Row).CopyTo(CountsOf(fork.Row));
        for (int head = 0; head < _heads; head++)
        {
            ReadOnlySpan<int> source = TableOf(sequence.Row, head);
            for (int page = 0; page < PagesFor(CountsOf(sequence.Row)[head]); page++)
            {
                _pool.Share(source[page] - 1);
                SetPage(fork.Row, head, page, source[page] - 1);
            }
        }

        UploadPages(fork.Row);
        UploadCounts(fork.Row);
        fork.Length = sequence.Length;
        return fork;
    }

    /// <summary>Gives all pages and the row back. Freeing twice is harmless.</summary>
    /// <param name="sequence">The sequence.</param>
    public void Free(KvSequence sequence)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        if (sequence.IsFreed)
        {
            return;
        }

        Check(sequence);
        for (int head = 0; head < _heads; head++)
        {
            ReleasePages(sequence.Row, head, 0);
        }

        sequence.State?.Dispose();
        sequence.IsFreed = true;
        _sequences[sequence.Row] = null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (KvSequence sequence in _sequences.OfType<KvSequence>())
        {
            sequence.State?.Dispose();
            sequence.State = null;
        }

        foreach (DeviceBuffer buffer in _buffers)
        {
            buffer.Dispose();
        }
    }

    /// <summary>Notes that a step appended tokens; the device counted them itself.</summary>
    internal void Advance(KvSequence sequence, int tokens)
    {
        foreach (ref int count in CountsOf(sequence.Row))
        {
            count += tokens;
        }

        sequence.Length += tokens;
    }

    private static void Validate(KvCacheOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Layers, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.KvHeads, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.HeadDim, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Pages, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxSequences, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxTokens, 1);
        if (options.Type is not (DType.F32 or DType.F16 or DType.BF16))
        {
            throw new ArgumentException($"The KV cache keeps F32, F16 or BF16, not {options.Type}.", nameof(options));
        }
    }

    private Tensor Allocate(DType type, Shape shape)
    {
        Tensor tensor = _device.AllocateTensor(type, shape);
        _buffers.Add(tensor.Buffer);
        return tensor;
    }

    private Span<int> CountsOf(int row) => _counts.AsSpan(row * _heads, _heads);

    // The mirror holds page + 1, so that 0 means "none".
    private Span<int> TableOf(int row, int head) => _tables[row].AsSpan(head * _pagesPerHead, _pagesPerHead);

    private void UploadCounts(int row) => _device.Upload<int>(_kv.Counts.Rows(row, 1), CountsOf(row));

    private void Check([NotNull] KvSequence? sequence)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        ObjectDisposedException.ThrowIf(sequence.IsFreed, sequence);
        if (sequence.Cache != this)
        {
            throw new ArgumentException("The sequence belongs to another cache.", nameof(sequence));
        }
    }
}
