using System.Collections.Generic;
using Winnow.Bench.Devices;
using Winnow.Cache.Policies;
using Winnow.Kernels;
using Winnow.Models;

namespace Winnow.Bench.Cache.Policies;

/// <summary>A policy that evicts, with its time taken; in everything else the policy itself.</summary>
/// <param name="inner">The policy.</param>
/// <param name="device">Whose times they are.</param>
internal sealed class TimedPolicy(KvPolicy inner, TimedDevice device) : KvPolicy(inner.Info, inner.Budget)
{
    protected internal override IReadOnlyList<string> Planes => inner.Planes;

    protected internal override int WindowTokens => inner.WindowTokens;

    protected internal override float HitThreshold => inner.HitThreshold;

    protected internal override int LeastSlots => inner.LeastSlots;

    protected internal override KvMoment Evicts => inner.Evicts;

    protected internal override KvMoment Observes => inner.Observes;

    protected internal override int Interval => inner.Interval;

    protected internal override int SinkTokens => inner.SinkTokens;

    protected internal override int RecentTokens => inner.RecentTokens;

    protected internal override KvPositions Positions => inner.Positions;

    protected internal override bool Watches => inner.Watches;

    internal override void CheckModel(ModelConfig config) => inner.CheckModel(config);

    protected internal override int RecentOf(int slots) => inner.RecentOf(slots);

    protected internal override KvPolicyState? CreateState(ComputeDevice device, ModelConfig config) => inner.CreateState(device, config);

    protected internal override int SlotsOf(KvPass pass, int layer) => inner.SlotsOf(pass, layer);

    protected internal override Tensor Score(KvPass pass) => inner.Score(pass);

    protected internal override void Allocate(KvPass pass, Tensor scores) => inner.Allocate(pass, scores);

    protected internal override void Watch(in KvLayer layer)
    {
        long start = device.Now();
        inner.Watch(layer);
        device.Times.Signal += device.Now() - start;
    }

    protected internal override void Observe(KvPass pass)
    {
        long start = device.Now();
        inner.Observe(pass);
        device.Times.Observe += device.Now() - start;
    }

    protected internal override void Evict(KvPass pass)
    {
        long start = device.Now();
        inner.Evict(pass);
        device.Times.Policy += device.Now() - start;
    }
}
