using System.Linq;
using BenchmarkDotNet.Attributes;
using Winnow.Kernels.Cache;

namespace Winnow.Kernels.Bench.Cache;

/// <summary>Copying the pages of a fork that starts to write.</summary>
public class CacheBench : PagedCacheBench
{
    private const int Slots = 4096;
    private const int Copies = Slots / PagedKv.PageSlots;
    private PagedKv _cache;
    private Tensor _sources;
    private Tensor _destinations;

    /// <inheritdoc/>
    public override Cost Cost => new(2.0 * Copies * PagedKv.PageSlots * ((2 * HeadDim) + 1) * sizeof(float), 0, Threads);

    [Benchmark]
    public void CopyPages() => Device.Cache.CopyPages(_cache, _sources, _destinations);

    /// <inheritdoc/>
    protected override void Allocate()
    {
        _cache = MakeCache(Slots);
        _sources = Range(0, Copies);
        _destinations = Integers([.. Enumerable.Range(Copies, Copies).Reverse()]);
    }
}
