using System;
using System.Collections.Generic;
using System.IO;
using Winnow.Kernels;

namespace Winnow.Cache.Policies;

/// <summary>Runs the policies of sequences over one cache: before a step it makes sure that there is a state, after it slots leave.</summary>
internal sealed class KvEvictor : IDisposable
{
    private readonly ComputeDevice _device;
    private readonly KvModel _model;
    private readonly KvPass _pass;

    public KvEvictor(ComputeDevice device, KvCache cache, KvModel model)
    {
        (_device, _model) = (device, model);
        _pass = new KvPass(device, cache, model);
    }

    /// <summary>What a step of a sequence is.</summary>
    /// <param name="cached">Tokens in the cache before it.</param>
    /// <param name="tokens">Tokens of the step.</param>
    /// <param name="following">Tokens known that follow in later steps.</param>
    public static KvMoment MomentOf(int cached, int tokens, int following) =>
        tokens == 1 && cached > 0 ? KvMoment.Decode : following > 0 ? KvMoment.Chunk : KvMoment.PrefillEnd;

    /// <summary>Makes the state that a sequence's policy keeps, where it has none yet.</summary>
    public void Prepare(KvSequence sequence)
    {
        if (sequence.Policy is not KvPolicy policy || sequence.HasState)
        {
            return;
        }

        sequence.State = policy.CreateState(_device, _model.Config);
        sequence.HasState = true;
        if (sequence.SavedState is byte[] saved)
        {
            using var reader = new BinaryReader(new MemoryStream(saved));
            sequence.State?.Restore(reader);
            sequence.SavedState = null;
        }
    }

    /// <summary>Lets slots of a sequence leave, after a step whose tokens the cache has counted already.</summary>
    /// <param name="sequence">The sequence.</param>
    /// <param name="tokens">The ids of all its tokens so far, and maybe of some to come.</param>
    /// <param name="newTokens">Tokens of the step.</param>
    /// <param name="moment">What the step was.</param>
    public void AfterStep(KvSequence sequence, List<int> tokens, int newTokens, KvMoment moment)
    {
        if (sequence.Policy is not KvPolicy policy)
        {
            return;
        }

        sequence.DecodeSteps += moment == KvMoment.Decode ? 1 : 0;
        if (((policy.Evicts | policy.Observes) & moment) == 0)
        {
            return;
        }

        _pass.Begin(sequence, policy, tokens, newTokens, moment);
        if ((policy.Observes & moment) != 0)
        {
            policy.Observe(_pass);
        }

        bool isDue = moment != KvMoment.Decode || sequence.DecodeSteps % Math.Max(1, policy.Interval) == 0;
        if ((policy.Evicts & moment) != 0 && isDue && _pass.IsOver())
        {
            policy.Evict(_pass);
        }
    }

    /// <summary>After tokens were taken off: keys that speak for their place in the cache are turned to it.</summary>
    public void AfterRollback(KvSequence sequence)
    {
        if (sequence.IsRelative && sequence.HasEvicted)
        {
            _pass.Realign(sequence);
        }
    }

    public void Dispose() => ((IDisposable)_pass).Dispose();
}
