using System;
using System.Collections.Generic;
using Winnow.Kernels;
using Winnow.Kernels.Cache;
using Winnow.Models;

namespace Winnow.Cache.Policies;

/// <summary>A small trained network looks at how attention to each block of the text went of late, and says which blocks the next token will want.</summary>
/// <remarks>
/// <para>Source: Yang et al. 2025, "AttentionPredictor: Temporal Pattern Matters for Efficient LLM Inference", arXiv:2502.04077, and the authors' code.</para>
/// <para>Inputs: for the last 64 tokens and each block of 16 slots the greatest attention paid to one of them; and trained weights: a safetensors file with conv1.weight
/// [16, 1, 3, 3], conv1.bias, conv2.weight [32, 16, 3, 3], conv2.bias, conv3.weight [1, 32, 1] and conv3.bias, the names of the authors' checkpoint. Output: for a
/// decoded token, per sequence, layer and KV head, the first `sinks` and the last `local` tokens and floor((budget - sinks - local) / 16) blocks between them: those with
/// the highest scores. Prompts are read in whole. State: the history, four numbers a slot in planes of the cache, so that forks and saved sessions have it.
/// Cost: the network takes 0.3 million multiply-adds a block, layer and KV head at every token, which is more than reading the block takes.</para>
/// <para>Differs from the paper: one list and one history for each KV head instead of each query head, by the greatest of the group. A token in `calibration`, counted in the
/// text, reads everything, and so its output is exact, too; the authors' code reads everything there for the history alone. A history always has 64 steps, zeros
/// where a short prompt has none, where the code keeps a shorter one. After a rollback the steps of dropped tokens stay in it until they are written over. A budget that
/// holds all tokens reads them all, blocks or not. The code scores the next token while the current one is computed; here that is not overlapped.</para>
/// <para>Not for: models without such weights; layers with a window of their own, which read everything of it; caches that something evicts from.</para>
/// </remarks>
public sealed class AttentionPredictorPolicy : SparseReadPolicy
{
    /// <summary>Makes it.</summary>
    /// <param name="budget">How many slots a decoded token reads.</param>
    /// <param name="weights">The path of the safetensors file with the trained weights.</param>
    /// <param name="sinks">How many first tokens are always read, in whole blocks of 16. Default: 64.</param>
    /// <param name="local">How many last tokens are always read, in whole blocks of 16. Default: 64.</param>
    /// <param name="calibration">One token in so many reads everything; 0 for none. Default: 5.</param>
    /// <param name="dense">How many first layers read everything always. Default: 0.</param>
    /// <exception cref="ArgumentException">There is no such file, or a number is not possible; the message says what is.</exception>
    /// <exception cref="Formats.ModelFormatException">The file is damaged, or holds other weights.</exception>
    public AttentionPredictorPolicy(KvBudget budget, string weights, int? sinks = null, int? local = null, int? calibration = null, int? dense = null)
        : base(Description, budget)
    {
        (Sinks, Local, Calibration, Dense) = (sinks ?? 64, local ?? 64, calibration ?? 5, dense ?? 0);
        RequireBlocks(Sinks, 0, nameof(sinks));
        RequireBlocks(Local, 1, nameof(local));
        ArgumentOutOfRangeException.ThrowIfNegative(Calibration, nameof(calibration));
        ArgumentOutOfRangeException.ThrowIfNegative(Dense, nameof(dense));
        Weights = AttentionPredictorWeights.Load(weights);
    }

    /// <summary>What there is to say about it.</summary>
    public static KvPolicyInfo Description { get; } = new(
        "attentionpredictor", "reads the blocks that a trained network expects to matter", "Yang et al. 2025, arXiv:2502.04077")
    {
        ReadsSparsely = true,
        Options =
        [
            new("weights", "", "path of the safetensors file with the trained network; required"),
            new("sinks", "64", "first tokens that are always read, a multiple of 16"),
            new("local", "64", "last tokens that are always read, a multiple of 16"),
            new("calibration", "5", "one token in so many reads everything; 0 for none"),
            new("dense", "0", "first layers that read everything"),
        ],
    };

    internal int Sinks { get; }

    internal int Local { get; }

    internal int Calibration { get; }

    internal int Dense { get; }

    internal AttentionPredictorWeights Weights { get; }

    /// <inheritdoc/>
    protected internal override IReadOnlyList<string> Planes => SlotPlanes.BlockHistory;

    /// <inheritdoc/>
    protected internal override int LeastSlots => Sinks + Local;

    /// <inheritdoc/>
    protected internal override bool WatchesPrompts => true;

    /// <inheritdoc/>
    protected internal override SparseReader CreateReader(ComputeDevice device, ModelConfig config, KvCache cache, int maxSequences, int maxTokens) =>
        new AttentionPredictorReader(this, device, config, cache, maxSequences);

    private static void RequireBlocks(int tokens, int least, string name)
    {
        if (tokens % PagedKv.PageSlots != 0 || tokens < least)
        {
            throw new ArgumentException($"The policy {Description.Name} reads whole blocks of {PagedKv.PageSlots} tokens, so {name} is a multiple of that, not {tokens}.", name);
        }
    }
}
