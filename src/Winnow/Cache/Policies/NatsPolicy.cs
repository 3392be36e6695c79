using System;
using System.Collections.Generic;
using Winnow.Kernels;
using Winnow.Kernels.Reduction;
using Winnow.Models;

namespace Winnow.Cache.Policies;

/// <summary>Keeps tokens as long as their learned type says: for good, until the next one that stays for good, or for a few tokens.</summary>
/// <remarks>
/// <para>Source: Deng et al. 2025, "Neural Attention Search", arXiv:2502.13251, and the authors' code.</para>
/// <para>Inputs: the layer's input after its norm, and trained weights: a safetensors file with nats.layers.{i}.weight [3 * kvHeads, hidden] for each layer
/// and, if it was trained with them, nats.layers.{i}.bias [3 * kvHeads]; row 3 * head + type. The type of a token in a head is the greatest of its three
/// logits, of equals the first: 0 Global stays; 1 Local stays until a Global of that head follows, at most `local` tokens; 2 Sliding stays for the next `window`
/// tokens. Output: what the types keep in each head, at different numbers. State: the type of each slot. Cost: one small product a layer and step; an
/// eviction brings types and positions to the host, once in `interval` decoded tokens.</para>
/// <para>Differs from the paper: it has no budget. Here types decide once a layer holds more than the budget; where they keep more than the budget in a
/// head, its first `sinks` slots that stay and the latest ones do. Tokens of a part of a prompt see all of that part. The authors' head may be a state-space
/// model; this one is linear. The default of `window` is not the paper's, which leaves it open.</para>
/// <para>Not for: models without such weights.</para>
/// </remarks>
public sealed class NatsPolicy : KvPolicy
{
    private const string TokenType = "token_type";
    private const float Global = 0;
    private const float Local = 1;

    private readonly NatsWeights _weights;
    private readonly int _window;
    private readonly int _local;
    private readonly int _sinks;
    private readonly int _interval;

    /// <summary>Makes it.</summary>
    /// <param name="budget">From when on types decide, and how much stays at most.</param>
    /// <param name="weights">The path of the safetensors file with the trained weights.</param>
    /// <param name="window">For how many tokens a Sliding one stays. Default: 64.</param>
    /// <param name="local">For how many tokens a Local one stays at most. Default: 256.</param>
    /// <param name="sinks">How many first slots stay where types keep more than the budget. Default: 4.</param>
    /// <param name="interval">Decoded tokens between two evictions. Default: 16.</param>
    /// <exception cref="ArgumentException">There is no such file; the message says what it holds.</exception>
    public NatsPolicy(KvBudget budget, string weights, int? window = null, int? local = null, int? sinks = null, int? interval = null)
        : base(Description, budget)
    {
        (_window, _local, _sinks, _interval) = (window ?? 64, local ?? 256, sinks ?? 4, interval ?? 16);
        ArgumentOutOfRangeException.ThrowIfLessThan(_window, 1, nameof(window));
        ArgumentOutOfRangeException.ThrowIfLessThan(_local, 1, nameof(local));
        ArgumentOutOfRangeException.ThrowIfNegative(_sinks, nameof(sinks));
        ArgumentOutOfRangeException.ThrowIfLessThan(_interval, 1, nameof(interval));
        _weights = new NatsWeights(weights);
    }

    /// <summary>What there is to say about it.</summary>
    public static KvPolicyInfo Description { get; } = new("nats", "keeps tokens as long as their learned types say", "Deng et al. 2025, arXiv:2502.13251")
    {
        Options =
        [
            new("weights", "", "path of the safetensors file with trained types; required"),
            new("window", "64", "tokens that a Sliding one stays for"),
            new("local", "256", "tokens that a Local one stays for at most"),
            new("sinks", "4", "first tokens that stay where types keep more than the budget"),
            new("interval", "16", "decoded tokens between two evictions"),
        ],
    };

    /// <inheritdoc/>
    protected internal override IReadOnlyList<string> Planes => [TokenType];

    /// <inheritdoc/>
    protected internal override int Interval => _interval;

    /// <inheritdoc/>
    protected internal override int LeastSlots => _sinks + 1;

    /// <inheritdoc/>
    protected internal override bool Watches => true;

    /// <inheritdoc/>
    internal override void CheckModel(ModelConfig config) => _weights.Check(config);

    /// <inheritdoc/>
    protected internal override KvPolicyState CreateState(ComputeDevice device, ModelConfig config) => new NatsState(_weights, _weights.Share(device, config));

    /// <inheritdoc/>
    protected internal override void Watch(in KvLayer layer) => ((NatsState)layer.State!).Note(layer);

    /// <inheritdoc/>
    protected internal override void Observe(KvPass pass)
    {
        Tensor types = pass.Gather(TokenType);
        ((NatsState)pass.State!).Place(pass, types);
        pass.Scatter(TokenType, types);
    }

    /// <inheritdoc/>
    protected internal override Tensor Score(KvPass pass) => throw new InvalidOperationException("A policy by types does not score.");

    /// <inheritdoc/>
    protected internal override void Evict(KvPass pass)
    {
        float[] types = pass.ReadBack(pass.Gather(TokenType));
        Tensor places = pass.Matrix();
        pass.Device.Reduction.Map(places, ElementOp.MultiplyAdd, pass.GatherPositions(), a: 1);
        float[] positions = pass.ReadBack(places);
        Allocate(pass, default);
        for (int row = 0; row < pass.Rows; row++)
        {
            int first = row * pass.Entries;
            Mark(types.AsSpan(first, pass.Counts[row]), positions.AsSpan(first), pass.Length, pass.Wanted[row]);
        }

        pass.KeepMarked(types);
    }

    // Makes types marks: 1 stays, 0 leaves.
    private void Mark(Span<float> types, ReadOnlySpan<float> positions, int length, int most)
    {
        bool globalFollows = false;
        int kept = 0;
        for (int slot = types.Length - 1; slot >= 0; slot--)
        {
            float age = length - positions[slot];
            bool stays = types[slot] switch
            {
                Global => true,
                Local => !globalFollows && age <= _local,
                _ => age <= _window,
            };
            globalFollows |= types[slot] == Global;
            types[slot] = stays ? 1 : 0;
            kept += stays ? 1 : 0;
        }

        int sinks = _sinks;
        for (int slot = 0; kept > most; slot++)
        {
            if (types[slot] > 0 && --sinks < 0)
            {
                types[slot] = 0;
                kept--;
            }
        }
    }
}
