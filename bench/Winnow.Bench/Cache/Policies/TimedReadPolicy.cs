using System.Collections.Generic;
using Winnow.Bench.Devices;
using Winnow.Cache;
using Winnow.Cache.Policies;
using Winnow.Kernels;
using Winnow.Models;

namespace Winnow.Bench.Cache.Policies;

/// <summary>A policy that chooses what a step reads, with its time taken; in everything else the policy itself.</summary>
/// <param name="inner">The policy.</param>
/// <param name="device">Whose times they are.</param>
internal sealed class TimedReadPolicy(SparseReadPolicy inner, TimedDevice device) : SparseReadPolicy(inner.Info, inner.Budget)
{
    protected internal override IReadOnlyList<string> Planes => inner.Planes;

    protected internal override int LeastSlots => inner.LeastSlots;

    protected internal override bool DecodeOnly => inner.DecodeOnly;

    protected internal override bool WatchesPrompts => inner.WatchesPrompts;

    protected internal override SparseReader CreateReader(ComputeDevice device1, ModelConfig config, KvCache cache, int maxSequences, int maxTokens) =>
        new TimedReader(inner.CreateReader(device1, config, cache, maxSequences, maxTokens), device);

    private sealed class TimedReader(SparseReader reader, TimedDevice device) : SparseReader
    {
        public override void Prepare(IReadOnlyList<KvSequence> sequences, bool decodes) => reader.Prepare(sequences, decodes);

        public override void Begin()
        {
            long start = device.Now();
            reader.Begin();
            device.Times.Observe += device.Now() - start;
        }

        public override void Attend(in SparseLayer layer)
        {
            long start = device.Now();
            reader.Attend(layer);
            device.Times.Policy += device.Now() - start;
        }

        protected override void Dispose(bool disposing) => reader.Dispose();
    }
}
