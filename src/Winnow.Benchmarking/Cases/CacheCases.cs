using System;
using System.Collections.Generic;
using System.Linq;
using Winnow.Kernels;
using Winnow.Kernels.Cache;
using Winnow.Kernels.Norm;

namespace Winnow.Benchmarking.Cases;

/// <summary>Filling, copying, cutting and reading the paged cache: 8 KV heads of 128 in F16.</summary>
internal static class CacheCases
{
    private const int Slots = 4096;
    private const int Kept = Slots / 2;
    private const int KvWidth = CachePlan.ModelHeads * CachePlan.HeadDim;
    private const int QueryWidth = 4 * KvWidth;

    public static IEnumerable<KernelCase> All()
    {
        yield return Append(1);
        yield return Append(512);
        yield return AppendRotated(1);
        yield return AppendRotated(512);
        yield return Case("copy pages", $"{Slots / PagedKv.PageSlots} pages", CopyPages);
        yield return Case("compact one head", $"{Slots} to {Kept} slots", CompactOne);
        yield return Case("compact lists", $"8 heads, {Slots} to {Kept} slots", CompactLists);
        yield return Case("keep selected", $"8 heads, {Slots} to {Kept} slots", KeepSelected);
        yield return Case("keep accepted", "8 heads, 8 of 16 tokens", KeepAccepted);
        yield return Case("gather slots", $"8 heads, {Slots} slots", workspace => Planes(workspace, gathers: true));
        yield return Case("scatter slots", $"8 heads, {Slots} slots", workspace => Planes(workspace, gathers: false));
        yield return Case("gather vectors", $"8 heads, {Slots} slots", GatherVectors);
        yield return Case("rerotate", $"8 heads, {Slots} slots", Rerotate);
    }

    private static KernelCase Case(string name, string shape, Func<CaseWorkspace, CaseWork> prepare) => new("cache", name, shape, prepare);

    private static KernelCase Append(int tokens) => Case("append", $"{tokens} tokens", workspace =>
    {
        var plan = new CachePlan(workspace, 1, Slots, room: tokens);
        RaggedBatch batch = plan.Batch(tokens, Slots);
        (Tensor keys, Tensor values) = (workspace.Input(tokens, KvWidth), workspace.Input(tokens, KvWidth));
        workspace.Count(0, plan.BytesOf(tokens));
        return new CaseWork(() => workspace.Device.Cache.Append(plan.Cache, batch, 0, keys, values), Restore: plan.Restore);
    });

    private static KernelCase AppendRotated(int tokens) => Case("rotate and append", $"{tokens} tokens", workspace =>
    {
        var plan = new CachePlan(workspace, 1, Slots, room: tokens);
        RaggedBatch batch = plan.Batch(tokens, Slots);
        Tensor queries = workspace.Both(tokens, QueryWidth);
        (Tensor keys, Tensor values) = (workspace.Input(tokens, KvWidth), workspace.Input(tokens, KvWidth));
        var rotation = new Rotation { Table = workspace.Input(tokens, CachePlan.HeadDim / 2, 2), Layout = RopeLayout.HalfSplit };
        workspace.Count(0, plan.BytesOf(tokens));
        return new CaseWork(
            () => workspace.Device.Cache.AppendRotated(plan.Cache, batch, 0, queries, keys, values, rotation), 3.0 * tokens * (QueryWidth + KvWidth), plan.Restore);
    });

    private static CaseWork CopyPages(CaseWorkspace workspace)
    {
        var plan = new CachePlan(workspace, 1, Slots);
        int pages = plan.Pages / 2;
        Tensor sources = workspace.Integers(Enumerable.Range(0, pages));
        Tensor destinations = workspace.Integers(Enumerable.Range(pages, pages).Reverse());
        long bytes = plan.BytesOf(Slots) / 2;
        workspace.Count(bytes, bytes);
        return new CaseWork(() => workspace.Device.Cache.CopyPages(plan.Cache, sources, destinations));
    }

    private static CaseWork CompactOne(CaseWorkspace workspace)
    {
        var plan = new CachePlan(workspace, 1, Slots);
        Tensor kept = workspace.Integers(plan.EveryOther());
        CountMoves(workspace, plan, heads: 1);
        return new CaseWork(() => workspace.Device.Cache.Compact(plan.Cache, 0, 0, 0, kept), Restore: plan.Restore);
    }

    private static CaseWork CompactLists(CaseWorkspace workspace)
    {
        var plan = new CachePlan(workspace, 1, Slots);
        Tensor starts = workspace.Integers(Enumerable.Range(0, plan.HeadCount + 1).Select(head => head * Kept));
        Tensor kept = workspace.Integers(Enumerable.Range(0, plan.HeadCount).SelectMany(_ => plan.EveryOther()));
        CountMoves(workspace, plan, plan.HeadCount);
        return new CaseWork(() => workspace.Device.Cache.Compact(plan.Cache, plan.Heads, starts, kept), Restore: plan.Restore);
    }

    private static CaseWork KeepSelected(CaseWorkspace workspace)
    {
        var plan = new CachePlan(workspace, 1, Slots);
        Tensor kept = workspace.Integers(Enumerable.Range(0, plan.HeadCount).SelectMany(_ => plan.EveryOther()), plan.HeadCount, Kept);
        Tensor counts = workspace.Same(Kept, plan.HeadCount);
        CountMoves(workspace, plan, plan.HeadCount);
        return new CaseWork(() => workspace.Device.Cache.KeepSelected(plan.Cache, plan.Heads, kept, counts), Restore: plan.Restore);
    }

    private static CaseWork KeepAccepted(CaseWorkspace workspace)
    {
        const int Drafted = 16;
        var plan = new CachePlan(workspace, 1, Slots);
        RaggedBatch batch = plan.Batch(Drafted, Slots - Drafted);
        Tensor starts = workspace.Integers([0, Drafted / 2]);
        Tensor accepted = workspace.Integers(Enumerable.Range(0, Drafted).Select(token => 2 * token));
        workspace.Count(plan.BytesOf(Drafted / 2), plan.BytesOf(Drafted / 2));
        return new CaseWork(() => workspace.Device.Cache.KeepAccepted(plan.Cache, batch, starts, accepted), Restore: plan.Restore);
    }

    private static CaseWork Planes(CaseWorkspace workspace, bool gathers)
    {
        var plan = new CachePlan(workspace, 1, Slots);
        Tensor plane = workspace.Uncounted(DType.F32, plan.Pages, PagedKv.PageSlots);
        long bytes = (long)plan.HeadCount * Slots * sizeof(float);
        Tensor matrix = workspace.Uncounted(DType.F32, plan.HeadCount, Slots);
        workspace.Count(bytes, bytes);
        return new CaseWork(gathers
            ? () => workspace.Device.Cache.GatherSlots(matrix, plan.Cache, plan.Heads, plane)
            : () => workspace.Device.Cache.ScatterSlots(plane, plan.Cache, plan.Heads, matrix));
    }

    private static CaseWork GatherVectors(CaseWorkspace workspace)
    {
        var plan = new CachePlan(workspace, 1, Slots);
        Tensor output = workspace.Output(plan.HeadCount, Slots, CachePlan.HeadDim);
        workspace.Count(plan.BytesOf(Slots) / 2, 0);
        return new CaseWork(() => workspace.Device.Cache.GatherVectors(output, plan.Cache, plan.Heads, values: false));
    }

    private static CaseWork Rerotate(CaseWorkspace workspace)
    {
        var plan = new CachePlan(workspace, 1, Slots);
        Tensor lengths = workspace.Same(Slots + 7, plan.HeadCount);
        Tensor frequencies = workspace.Input(CachePlan.HeadDim / 2);
        int perHead = plan.PagesPerHead * PagedKv.PageSlots;
        int[] positions = [.. Enumerable.Range(0, plan.Pages * PagedKv.PageSlots).Select(slot => slot % perHead)];
        long bytes = plan.BytesOf(Slots) / 2;
        workspace.Count(bytes, bytes);
        return new CaseWork(
            () => workspace.Device.Cache.Rerotate(plan.Cache, plan.Heads, lengths, frequencies, RopeLayout.HalfSplit),
            3.0 * plan.HeadCount * Slots * CachePlan.HeadDim,
            () => workspace.Device.Upload<int>(plan.Cache.Positions, positions));
    }

    /// <summary>All kept slots but the first move.</summary>
    private static void CountMoves(CaseWorkspace workspace, CachePlan plan, int heads)
    {
        long bytes = plan.BytesOf(Kept - 1) / plan.HeadCount * heads;
        workspace.Count(bytes, bytes);
    }
}
