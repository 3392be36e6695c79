using System;
using Winnow.Gpu;
using Winnow.Kernels.Cache;

namespace Winnow.Kernels.Attention;

/// <summary>
/// How the attention kernels cut their work up, and the shared memory that follows from it: what <c>kernels/attention</c> says in its structs,
/// which refuse to compile where the two differ.
/// </summary>
internal static class CudaAttentionShapes
{
    /// <summary>Threads of every block where nothing else is said.</summary>
    public const int Threads = 128;

    /// <summary>Slots of a split.</summary>
    public const int SplitSlots = 256;

    /// <summary>Rows of a tile of the decode kernel.</summary>
    public const int DecodeRows = 16;

    /// <summary>Blocks of a cluster of the decode kernel at most.</summary>
    public const int ClusterBlocks = 16;

    /// <summary>Splits of a block of a cluster at most, where it has several.</summary>
    public const int OwnSplits = 8;

    /// <summary>Rows of all of those together.</summary>
    public const int OwnStates = 32;

    /// <summary>Rows of a tile of the prefill kernel for Hopper.</summary>
    public const int HopperRows = 128;

    /// <summary>Slots that it works on at a time.</summary>
    public const int HopperSlots = 64;

    /// <summary>Threads of its blocks.</summary>
    public const int HopperThreads = 384;

    /// <summary>Columns of a line of its tiles, and of the boxes of its tensor maps.</summary>
    public const int HopperColumns = 64;

    // Slots of the smallest round of the decode kernel.
    private const int LeastRound = 64;

    private const int Warps = Threads / 32;
    private const int ScanSlots = 8192;

    /// <summary>Rows of a tile of the prefill kernel.</summary>
    public static int PrefillRows(DType type) => type == DType.F32 ? DecodeRows : DecodeRows * Warps;

    /// <summary>Slots of a block of so many warps of the signal kernel.</summary>
    public static int SignalSlots(DType type, int headDim, int warps) => type == DType.F32 ? 32 : warps * (headDim > 128 ? 16 : 32);

    /// <summary>Shared memory of the prefill kernel, bytes.</summary>
    public static int PrefillBytes(DType type, int headDim)
    {
        int queries = type == DType.F32 ? FloatBytes(headDim) : headDim > 128 ? PrefillRows(type) * Stride(type, headDim) : 16;
        return Rounded(TileBytes(type, headDim, type == DType.F32 && headDim > 128 ? 1 : 2) + queries + (ScanSlots / BlockSlots(type, headDim)));
    }

    /// <summary>Whether there is a prefill kernel for Hopper over such a cache.</summary>
    public static bool FitsHopper(DType type, int headDim) => type is DType.F16 or DType.BF16 && headDim is HopperColumns or 2 * HopperColumns;

    /// <summary>Shared memory of the prefill kernel for Hopper, bytes: <c>HopperShared</c> of <c>kernels/attention/hopper_shared.cuh</c>.</summary>
    public static int HopperBytes(int headDim)
    {
        const int Planners = 96;
        const int Sighted = Planners * PagedKv.PageSlots * sizeof(int);
        const int Stretches = 8 * ((2 * Planners * sizeof(int)) + (16 * 4) + (2 * sizeof(long)));
        const int Tiles = 2 * (56 + sizeof(long) + sizeof(int) + (HopperRows * sizeof(int)) + sizeof(int));
        const int Barriers = 5 * sizeof(long);
        const int Alignment = 1024;
        int stages = headDim <= 64 ? 8 : 5;
        int tiles = (HopperRows + (2 * stages * HopperSlots)) * headDim * sizeof(ushort);
        int stage = (HopperSlots * sizeof(int)) + (4 * sizeof(long)) + sizeof(int);
        return (tiles + (stages * stage) + Barriers + Tiles + Sighted + Stretches + Alignment - 1) & -Alignment;
    }

    /// <summary>Whether there are decode kernels whose blocks are clusters over such a cache.</summary>
    public static bool FitsCluster(DType type) => type != DType.F32;

    /// <summary>
    /// Slots of a 16-bit cache that a block of the decode kernel has in shared memory at a time: a whole split where it has a multiprocessor of its own, so that it waits for
    /// memory once, and no more than lets three blocks share it where there are many.
    /// </summary>
    /// <param name="type">What keys and values are kept in.</param>
    /// <param name="headDim">The size of a head.</param>
    /// <param name="lists">Whether lists say what is read.</param>
    /// <param name="device">The device.</param>
    /// <param name="form">How its blocks come together.</param>
    public static int DecodeRound(DType type, int headDim, bool lists, GpuProperties device, DecodeForm form)
    {
        const int ReservedBytes = 1024, CrowdedBlocks = 3;
        if (type == DType.F32)
        {
            return LeastRound;
        }

        int room = (form == DecodeForm.Crowded ? device.SharedBytesPerMultiprocessor / CrowdedBlocks : device.MaxSharedBytesPerBlock) - ReservedBytes;
        int states = form switch { DecodeForm.Cluster => DecodeRows, DecodeForm.ClusterOfSeveral => OwnStates, _ => 0 };
        int round = SplitSlots;
        while (round > LeastRound
            && DecodeBytes(type, headDim, lists, round, DecodeRows) + (states > 0 ? ClusterBytes(headDim, DecodeRows, states, signals: true) : 0) > room)
        {
            round /= 2;
        }

        return round;
    }

    /// <summary>Threads of a block of the decode kernel: a warp for each 16 slots of a round.</summary>
    public static int DecodeThreads(int round) => round / PagedKv.PageSlots * 32;

    /// <summary>Rows that the decode kernel has room for in a tile: half of them are enough for most models' heads, one token at a time.</summary>
    public static int DecodeTileRows(DType type, long rows) => type != DType.F32 && rows <= DecodeRows / 2 ? DecodeRows / 2 : DecodeRows;

    /// <summary>Shared memory of the decode kernel for tiles of so many rows, bytes.</summary>
    public static int DecodeBytes(DType type, int headDim, bool lists, int round, int rows)
    {
        if (type == DType.F32)
        {
            int flags = (SplitSlots / BlockSlots(type, headDim)) + sizeof(bool);
            return Rounded(TileBytes(type, headDim, headDim > 128 ? 1 : 2) + FloatBytes(headDim) + flags);
        }

        const int QueryRowBytes = 16;
        int stride = Stride(type, headDim), warps = round / PagedKv.PageSlots;
        int tiles = (2 * round * stride) + (2 * sizeof(long) * (lists ? SplitSlots : 1));
        int queries = Lines(tiles) + (rows * (stride + QueryRowBytes));
        int scores = (rows * (round + 8) * sizeof(ushort)) + (warps * rows * (1 + (32 / 8)) * sizeof(float));

        // Flags of blocks of slots are fewer than a line has bytes.
        return Lines(queries + scores) + Lines(sizeof(bool));
    }

    /// <summary>
    /// What it has more of where its blocks are clusters, for tiles of so many rows, and as many times splits as a block has: <c>ClusterStates</c> of
    /// <c>kernels/attention/decode_cluster.cuh</c>, and the scores of splits for signals.
    /// </summary>
    public static int ClusterBytes(int headDim, int rows, int states, bool signals)
    {
        const int Columns = 8, LineSlots = SplitSlots + 8;
        int parts = ((headDim / Columns) + ClusterBlocks - 1) / ClusterBlocks * ClusterBlocks;
        int bytes = (states * ((parts * Columns * sizeof(float)) + (ClusterBlocks * 2 * sizeof(float)))) + (rows * sizeof(float));
        return Lines(bytes) + (signals ? states * LineSlots * sizeof(float) : 0);
    }

    /// <summary>The most sections that the rows of a sequence of at most so many make: <c>rows_of_section</c> of <c>kernels/attention/slot_signals.cuh</c>.</summary>
    public static int SignalSections(long rows)
    {
        const int MostSections = 32, LeastSectionRows = 64;
        return (int)Math.Min(MostSections, (rows + LeastSectionRows - 1) / LeastSectionRows);
    }

    /// <summary>Shared memory of the signal kernel, bytes.</summary>
    public static int SignalBytes(DType type, int headDim, int warps)
    {
        const int RowBytes = DecodeRows * 3 * sizeof(int);
        const int RowBytesAhead = DecodeRows * 2 * sizeof(int);
        const int SlotBytes = 5 * sizeof(float);
        int slots = SignalSlots(type, headDim, warps), stride = Stride(type, headDim);
        int keys = (slots * (stride + sizeof(int))) + (2 * warps * sizeof(int)) + sizeof(bool);
        if (type == DType.F32)
        {
            return Rounded(keys + (DecodeRows * headDim * sizeof(float)) + RowBytes + (warps * slots * SlotBytes));
        }

        int ahead = (headDim > 128 ? 2 : 3) * ((DecodeRows * ((headDim + 15) / 16 * 16) * sizeof(float)) + RowBytesAhead);
        return Rounded(keys + ahead + (2 * DecodeRows * stride) + (2 * RowBytes) + (2 * sizeof(int)));
    }

    private static int BlockSlots(DType type, int headDim) => type == DType.F32 || headDim > 128 ? 32 : 64;

    private static int TileBytes(DType type, int headDim, int stages) =>
        stages * BlockSlots(type, headDim) * ((2 * Stride(type, headDim)) + sizeof(int));

    private static int FloatBytes(int headDim) => DecodeRows * (headDim + 32) * sizeof(float);

    // Bytes from one row of a tile to the next.
    private static int Stride(DType type, int headDim)
    {
        int pieces = type == DType.F32 ? headDim / 4 : (headDim + 15) / 16 * 2;
        return (pieces % 8 == 0 ? pieces : pieces | 1) * 16;
    }

    // Rounded up to lines of 128 bytes.
    private static int Lines(int bytes) => (bytes + 127) & ~127;

    private static int Rounded(int bytes) => (bytes + 15) & ~15;
}
