using System;
using System.Collections.Generic;
using Winnow.Cache;
using Winnow.Cache.Policies;
using Winnow.Formats;
using Winnow.Models;

namespace Winnow.Engine;

/// <summary>The eviction policies of an engine: the usual one, those that may be asked for, and what a cache has to keep for them.</summary>
/// <param name="Usual">The one of sequences that say nothing; null for none.</param>
/// <param name="Planes">The planes of all of them.</param>
/// <param name="WindowTokens">The window of the signal that has one; 0 where none has.</param>
/// <param name="HitThreshold">The threshold of the signal that has one.</param>
/// <param name="Sparse">What chooses how much is read, which goes together with no eviction; null for none.</param>
internal sealed record KvPlan(KvPolicy? Usual, IReadOnlyList<string> Planes, int WindowTokens, float HitThreshold, SparseReadPolicy? Sparse)
{
    // A state is a number for each token, or the moments of queries, which no model has more of than this.
    private const long StateBytes = 256 << 20;

    /// <summary>The plan of an engine.</summary>
    /// <param name="options">What the user wants.</param>
    /// <param name="config">The model; null where it is not known yet.</param>
    /// <exception cref="ArgumentException">A budget is too small for its policy, or two policies cannot share an engine.</exception>
    /// <exception cref="ModelFormatException">What a policy brings along is not for the model.</exception>
    public static KvPlan For(EngineOptions options, ModelConfig? config = null)
    {
        List<KvPolicy> policies = [.. options.MoreKvPolicies ?? []];
        if (options.KvPolicy is not null)
        {
            policies.Insert(0, options.KvPolicy);
        }

        List<string> planes = [.. options.SparseRead?.Planes ?? []];
        options.SparseRead?.CheckBudget();
        if (options.SparseRead is not null && policies.Count > 0)
        {
            throw new ArgumentException($"{options.SparseRead} reads a cache that keeps everything; load another engine for {policies[0]}.");
        }

        (int window, float threshold) = (0, -1);
        foreach (KvPolicy policy in policies)
        {
            policy.CheckBudget();
            if (config is not null)
            {
                policy.CheckModel(config);
            }

            SignalKinds kinds = policy.Signals;
            window = Agreed(kinds, SignalKinds.WindowMass, window, policy.WindowTokens, 0);
            threshold = Agreed(kinds, SignalKinds.Hits, threshold, policy.HitThreshold, -1);
            foreach (string plane in policy.Planes)
            {
                if (!planes.Contains(plane))
                {
                    planes.Add(plane);
                }
            }
        }

        return new KvPlan(options.KvPolicy, planes, window, Math.Max(0, threshold), options.SparseRead);
    }

    /// <summary>What evicts from a sequence that asks for a policy, or for none with null.</summary>
    /// <exception cref="ArgumentException">The engine was not loaded for that policy.</exception>
    public KvPolicy? Choose(KvPolicy? asked)
    {
        if (asked is null || asked == Usual)
        {
            return Usual;
        }

        if (Sparse is not null && asked is not NonePolicy)
        {
            throw new ArgumentException($"The engine reads with {Sparse}, for which everything has to be kept; load another one for {asked}.");
        }

        asked.CheckBudget();
        SignalKinds kinds = asked.Signals;
        bool fits = ((kinds & SignalKinds.WindowMass) == 0 || asked.WindowTokens == WindowTokens)
            && ((kinds & SignalKinds.Hits) == 0 || asked.HitThreshold == HitThreshold);
        foreach (string plane in asked.Planes)
        {
            fits &= Contains(plane);
        }

        return fits ? asked : throw new ArgumentException(
            $"The engine was not loaded for the policy {asked}: name it, with the same options, among EngineOptions.MoreKvPolicies.");
    }

    /// <summary>The most bytes that a policy notes about a sequence beside the planes.</summary>
    public long MostStateBytes(int tokens) => Planes.Count == 0 && Usual is null ? 64 : StateBytes + (8L * tokens);

    private static T Agreed<T>(SignalKinds kinds, SignalKinds kind, T before, T value, T none)
        where T : IEquatable<T>
    {
        if ((kinds & kind) == 0)
        {
            return before;
        }

        return before.Equals(none) || before.Equals(value) ? value : throw new ArgumentException(
            $"Policies of one engine must agree on the {(kind == SignalKinds.Hits ? "threshold of hits" : "window of queries")}; {before} and {value} are asked for.");
    }

    private bool Contains(string plane)
    {
        for (int i = 0; i < Planes.Count; i++)
        {
            if (Planes[i] == plane)
            {
                return true;
            }
        }

        return false;
    }
}
