using Winnow.Kernels;
using Winnow.Kernels.Cache;
using Winnow.Kernels.Norm;

namespace Winnow.Bench.Devices;

/// <summary>Times what moves slots; everything else is passed on.</summary>
/// <param name="device">Whose times they are.</param>
/// <param name="inner">What does it.</param>
internal sealed class TimedCache(TimedDevice device, ICache inner) : ICache
{
    public void Append(in PagedKv cache, in RaggedBatch batch, int layer, Tensor keys, Tensor values, in SlotNorms norms = default) =>
        inner.Append(cache, batch, layer, keys, values, norms);

    public void AppendRotated(
        in PagedKv cache, in RaggedBatch batch, int layer, Tensor queries, Tensor keys, Tensor values, in Rotation rotation, in SlotNorms norms = default) =>
        inner.AppendRotated(cache, batch, layer, queries, keys, values, rotation, norms);

    public void Compact(in PagedKv cache, int row, int layer, int kvHead, Tensor kept)
    {
        long start = device.Now();
        inner.Compact(cache, row, layer, kvHead, kept);
        device.Times.Compact += device.Now() - start;
    }

    public void Compact(in PagedKv cache, Tensor heads, Tensor starts, Tensor kept)
    {
        long start = device.Now();
        inner.Compact(cache, heads, starts, kept);
        device.Times.Compact += device.Now() - start;
    }

    public void KeepSelected(in PagedKv cache, Tensor heads, Tensor kept, Tensor counts)
    {
        long start = device.Now();
        inner.KeepSelected(cache, heads, kept, counts);
        device.Times.Compact += device.Now() - start;
    }

    public void GatherSlots(Tensor output, in PagedKv cache, Tensor heads, Tensor plane) => inner.GatherSlots(output, cache, heads, plane);

    public void ScatterSlots(Tensor plane, in PagedKv cache, Tensor heads, Tensor input) => inner.ScatterSlots(plane, cache, heads, input);

    public void GatherVectors(Tensor output, in PagedKv cache, Tensor heads, bool values) => inner.GatherVectors(output, cache, heads, values);

    public void Rerotate(in PagedKv cache, Tensor heads, Tensor lengths, Tensor inverseFrequencies, RopeLayout layout)
    {
        long start = device.Now();
        inner.Rerotate(cache, heads, lengths, inverseFrequencies, layout);
        device.Times.Compact += device.Now() - start;
    }

    public void KeepAccepted(in PagedKv cache, in RaggedBatch batch, Tensor starts, Tensor accepted) => inner.KeepAccepted(cache, batch, starts, accepted);

    public void CopyPages(in PagedKv cache, Tensor sources, Tensor destinations) => inner.CopyPages(cache, sources, destinations);
}
