using Winnow.Kernels;

namespace Winnow.Cache.Policies;

/// <summary>Keeps everything: the control that all others are measured against, and how a request says that it wants none.</summary>
/// <remarks>Source: none. Inputs: none. State: none. Cost: none.</remarks>
public sealed class NonePolicy : KvPolicy
{
    /// <summary>Makes it.</summary>
    public NonePolicy()
        : base(Description, KvBudget.Everything)
    {
    }

    /// <summary>What there is to say about it.</summary>
    public static KvPolicyInfo Description { get; } = new("none", "keeps everything", "");

    /// <inheritdoc/>
    protected internal override KvMoment Evicts => KvMoment.None;

    /// <inheritdoc/>
    protected internal override Tensor Score(KvPass pass) => pass.Matrix();
}
