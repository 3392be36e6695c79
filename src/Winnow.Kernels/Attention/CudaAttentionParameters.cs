using System.Runtime.InteropServices;
using Winnow.Kernels.Cache;

namespace Winnow.Kernels.Attention;

/// <summary>What an attention call hands to its kernels: <c>AttentionParameters</c> of <c>kernels/attention/arguments.cuh</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CudaAttentionParameters
{
    /// <summary>The bytes that both sides agree on.</summary>
    public const int Bytes = 216;

    public nint Output;
    public nint LogSumExp;
    public nint Partial;
    public nint PartialState;
    public nint Tickets;
    public nint Queries;
    public nint Keys;
    public nint Values;
    public nint SlotPositions;
    public nint PageTable;
    public nint Counts;
    public nint Rows;
    public nint Starts;
    public nint Positions;
    public nint Ancestors;
    public nint SlotLists;
    public nint ListCounts;
    public int Heads;
    public int Group;
    public int Layers;
    public int Layer;
    public int PagesPerHead;
    public int Pages;
    public int ValuePages;
    public int MaskWords;
    public int Window;
    public int Sinks;
    public int WindowShare;
    public int ListCapacity;
    public int SplitRows;
    public int PartialRows;
    public int Tiles;
    public int Splits;
    public float Scale;
    public float SoftCap;
    public uint GroupInverse;

    /// <param name="problem">The call.</param>
    /// <param name="cache">Its cache.</param>
    public CudaAttentionParameters(in AttentionProblem problem, in PagedKv cache)
        : this()
    {
        Output = (nint)problem.Output;
        LogSumExp = (nint)problem.LogSumExp;
        Queries = (nint)problem.Queries;
        Keys = (nint)problem.Keys;
        Values = (nint)problem.Values;
        SlotPositions = (nint)problem.SlotPositions;
        PageTable = (nint)problem.PageTable;
        Counts = (nint)problem.Counts;
        Rows = (nint)problem.Rows;
        Starts = (nint)problem.Starts;
        Positions = (nint)problem.Positions;
        Ancestors = (nint)problem.AncestorMask;
        SlotLists = (nint)problem.SlotLists;
        ListCounts = (nint)problem.SlotListCounts;
        Heads = problem.Heads;
        Group = problem.Group;
        Layers = problem.Layers;
        Layer = problem.KeyLayer;
        PagesPerHead = problem.PagesPerHead;
        Pages = checked((int)cache.Keys.Shape[0]);
        ValuePages = checked((problem.Layer - problem.KeyLayer) * problem.KvHeads * problem.PagesPerHead);
        MaskWords = problem.MaskWords;
        Window = problem.Window;
        Sinks = problem.Sinks;
        WindowShare = problem.WindowShare;
        ListCapacity = problem.SlotListCapacity;
        Scale = problem.Scale;
        SoftCap = problem.SoftCap;
        GroupInverse = problem.Group == 1 ? 0 : (uint)(((1L << 32) + problem.Group - 1) / problem.Group);
    }
}
