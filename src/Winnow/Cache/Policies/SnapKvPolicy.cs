using System;
using System.Collections.Generic;
using Winnow.Kernels;
using Winnow.Kernels.Reduction;

namespace Winnow.Cache.Policies;

/// <summary>Keeps what the last queries of a prompt look at, with its neighbours, and those last tokens.</summary>
/// <remarks>
/// <para>Source: Li et al. 2024, "SnapKV: LLM Knows What You are Looking for Before Generation", arXiv:2404.14469, section 4.</para>
/// <para>Inputs: attention of the last `window` queries, F32 per slot, summed over them and over the query heads of a KV head. Score: its mean over
/// `kernel` neighbouring slots, zeros beyond the ends counted (or the maximum over them). Output: the last `window` slots and the best of the
/// others. State: none. Cost: one pass of signals a chunk, one pooling, one selection.</para>
/// <para>Differs from the paper: works after each chunk of a prompt with the chunk's last queries, so that the memory of the prompt falls too; pools the
/// sum of a group's query heads. While decoding nothing leaves, as in the paper.</para>
/// </remarks>
public sealed class SnapKvPolicy : KvPolicy
{
    private readonly int _window;
    private readonly int _kernel;
    private readonly PoolKind _kind;

    /// <summary>Makes it.</summary>
    /// <param name="budget">How much stays.</param>
    /// <param name="window">How many last queries decide, and stay. Default: 32.</param>
    /// <param name="kernel">Slots that are pooled, odd. Default: 5.</param>
    /// <param name="max">Whether pooling takes the maximum instead of the mean. Default: false.</param>
    public SnapKvPolicy(KvBudget budget, int? window = null, int? kernel = null, bool? max = null)
        : base(Description, budget)
    {
        (_window, _kernel) = (window ?? 32, kernel ?? 5);
        _kind = max == true ? PoolKind.Max : PoolKind.Average;
        ArgumentOutOfRangeException.ThrowIfLessThan(_window, 1, nameof(window));
        if (_kernel < 1 || _kernel % 2 == 0)
        {
            throw new ArgumentOutOfRangeException(nameof(kernel), _kernel, "The pooling kernel is an odd number of slots.");
        }
    }

    /// <summary>What there is to say about it.</summary>
    public static KvPolicyInfo Description { get; } = new("snapkv", "keeps what the last queries of the prompt look at", "Li et al. 2024, arXiv:2404.14469")
    {
        Options =
        [
            new("window", "32", "last queries that decide, and stay"),
            new("kernel", "5", "slots that are pooled, odd"),
            new("max", "false", "pool by maximum instead of mean"),
        ],
    };

    /// <inheritdoc/>
    protected internal override IReadOnlyList<string> Planes => [SlotPlanes.WindowMass];

    /// <inheritdoc/>
    protected internal override int WindowTokens => _window;

    /// <inheritdoc/>
    protected internal override KvMoment Evicts => KvMoment.Prefill;

    /// <inheritdoc/>
    protected internal override int RecentTokens => _window;

    /// <inheritdoc/>
    protected internal override Tensor Score(KvPass pass)
    {
        Tensor pooled = pass.Matrix();
        pass.Device.Reduction.PoolRows(pooled, pass.Gather(SlotPlanes.WindowMass), _kind, _kernel, pass.Lengths);
        return pooled;
    }
}
