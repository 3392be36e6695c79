using System.Globalization;

namespace Winnow.Bench.Cache.Policies;

/// <summary>What a policy costs a decode step at so many slots: medians in milliseconds.</summary>
/// <param name="Policy">Its name.</param>
/// <param name="Slots">Slots of a head.</param>
/// <param name="Step">A whole step, what leaves after it included.</param>
/// <param name="Attention">Attention of all layers as the policy has it, without signals.</param>
/// <param name="Signal">What its signals add to attention, and what it does with the layers' inputs.</param>
/// <param name="Select">Scoring and selecting.</param>
/// <param name="Compact">Moving what stays.</param>
/// <param name="Share">Signals, selecting and compacting in percent of the step; without what is done at the end of a prompt.</param>
/// <param name="Every">Over how many steps selecting and compacting are spread; 0 where they happen at the end of a prompt and their times are those of one such end.</param>
internal sealed record PolicyCost(string Policy, int Slots, Median Step, Median Attention, Median Signal, Median Select, Median Compact, double Share, int Every)
{
    /// <summary>The head of the table.</summary>
    public const string Head =
        "| policy | slots | step ms | attention ms | signal ms | select ms | compact ms | share % | every |\n|---|---|---|---|---|---|---|---|---|";

    /// <summary>A row of the table.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"| {Policy} | {Slots} | {Step} | {Attention} | {Signal} | {Select} | {Compact} | {Share:F1} | {(Every == 0 ? "prompt" : Every)} |");
}
