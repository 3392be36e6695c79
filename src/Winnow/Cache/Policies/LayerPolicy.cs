using Winnow.Kernels;

namespace Winnow.Cache.Policies;

/// <summary>
/// A policy that scores slots by their keys and values, one layer after the other, so that the vectors of only one layer are brought together
/// at a time.
/// </summary>
public abstract class LayerPolicy : KvPolicy
{
    /// <summary>Makes it known by name with its budget.</summary>
    /// <param name="info">What there is to say about it.</param>
    /// <param name="budget">How much it keeps.</param>
    protected LayerPolicy(KvPolicyInfo info, KvBudget budget)
        : base(info, budget)
    {
    }

    /// <summary>Scores the slots of a layer; memory rented for it is given back at its end.</summary>
    /// <param name="pass">The sequence and its slots.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="scores">Takes the scores, F32 [kvHeads, entries]; what lies past a row's length does not matter.</param>
    /// <param name="lengths">How many slots each row has, I32 [kvHeads].</param>
    protected abstract void ScoreLayer(KvPass pass, int layer, Tensor scores, Tensor lengths);

    /// <inheritdoc/>
    protected internal override Tensor Score(KvPass pass)
    {
        Tensor scores = pass.Matrix();
        for (int layer = 0; layer < pass.Layers; layer++)
        {
            using KvArenaScope scope = pass.Scope();
            int first = layer * pass.KvHeads;
            ScoreLayer(pass, layer, scores.Rows(first, pass.KvHeads), pass.Lengths.Rows(first, pass.KvHeads));
        }

        return scores;
    }
}
