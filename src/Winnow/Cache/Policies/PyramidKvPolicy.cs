using System;

namespace Winnow.Cache.Policies;

/// <summary>Gives lower layers more of the budget and higher ones less, in a straight line; what stays there another policy decides.</summary>
/// <remarks>
/// <para>Source: Cai et al. 2024, "PyramidKV: Dynamic KV Cache Compression based on Pyramidal Information Funneling", arXiv:2406.02069, section 3.</para>
/// <para>Inputs: the budget C of a head and the w slots that are protected. Output: layer l of L keeps w + max - l (max - min) / (L - 1) slots, with
/// min = (C - w) / beta and max = 2 (C - w) - min; where max exceeds what there is, max is that and min makes up for it. State, cost: none.</para>
/// <para>Differs from the paper: rounded layer by layer instead of by a whole step, which would lose up to L - 1 slots; no pyramid where a layer
/// has less than twice the budget to choose from, as in the authors' code.</para>
/// </remarks>
public sealed class PyramidKvPolicy : WrappingPolicy
{
    private readonly float _beta;

    /// <summary>Makes it.</summary>
    /// <param name="inner">What scores.</param>
    /// <param name="beta">How steep: the last layer has one part in so many of the budget. Default: 20.</param>
    public PyramidKvPolicy(KvPolicy inner, float? beta = null)
        : base(Description, inner)
    {
        _beta = beta ?? 20;
        if (!(_beta >= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(beta), _beta, "The steepness is 1 or more.");
        }
    }

    /// <summary>What there is to say about it.</summary>
    public static KvPolicyInfo Description { get; } = new("pyramidkv", "gives lower layers more and higher layers less", "Cai et al. 2024, arXiv:2406.02069")
    {
        Options = [new("beta", "20", "how steep; the last layer has 1/beta of the budget")],
    };

    /// <inheritdoc/>
    protected internal override int SlotsOf(KvPass pass, int layer)
    {
        int kept = pass.Sinks + pass.Recent;
        int budget = pass.Slots - kept;
        int most = pass.Entries - kept;
        if (pass.Layers == 1 || budget <= 0 || most <= budget)
        {
            return pass.Slots;
        }

        // No layer is left with nothing, also where nothing is protected.
        int fewest = kept == 0 ? 1 : 0;
        double least = Math.Max(fewest, Math.Floor(budget / _beta));
        double greatest = (2 * budget) - least;
        if (greatest > most)
        {
            (greatest, least) = (most, (2 * budget) - most);
        }

        return least < fewest ? pass.Slots : kept + (int)Math.Round(greatest - (layer * (greatest - least) / (pass.Layers - 1)), MidpointRounding.AwayFromZero);
    }
}
