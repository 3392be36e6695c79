using System;
using System.Globalization;
using System.Linq;
using System.Text.RegularExpressions;

namespace Winnow.Benchmarking.Traces.References;

/// <summary>The dimensions of a mixture of experts whose numbers come in blocks of one scale.</summary>
internal sealed partial record MoeLayout
{
    private static readonly string[] Inputs =
    [
        "gemm1_weights", "gemm1_weights_scale", "gemm2_weights", "gemm2_weights_scale", "hidden_states", "hidden_states_scale", "local_expert_offset",
        "routed_scaling_factor", "routing_bias", "routing_logits",
    ];

    /// <summary>Tokens.</summary>
    public required int Tokens { get; init; }

    /// <summary>Experts of all, among which tokens choose.</summary>
    public required int Experts { get; init; }

    /// <summary>Experts that are here.</summary>
    public required int LocalExperts { get; init; }

    /// <summary>Numbers of a token.</summary>
    public required int Hidden { get; init; }

    /// <summary>Numbers between an expert's two products.</summary>
    public required int Intermediate { get; init; }

    /// <summary>Numbers of one scale, in both directions of a weight.</summary>
    public required int Block { get; init; }

    /// <summary>Experts that a token takes.</summary>
    public required int TopK { get; init; }

    /// <summary>Groups that experts come in.</summary>
    public required int Groups { get; init; }

    /// <summary>Groups that a token takes experts of.</summary>
    public required int TopGroups { get; init; }

    /// <summary>Reads a workload; null where the definition is none that is known.</summary>
    public static MoeLayout? Of(TraceReferenceCall call)
    {
        Match match = Name().Match(call.Definition.Name);
        if (!match.Success || !call.Inputs.Keys.Order(StringComparer.Ordinal).SequenceEqual(Inputs) || !call.Outputs.Keys.SequenceEqual(["output"])
            || ShapeOf(call, "routing_logits") is not [var tokens, var experts] || ShapeOf(call, "gemm2_weights") is not [var local, var hidden, var intermediate]
            || ShapeOf(call, "hidden_states_scale") is not [> 0 and var blocks, _])
        {
            return null;
        }

        MoeLayout layout = new()
        {
            Tokens = (int)tokens,
            Experts = (int)experts,
            LocalExperts = (int)local,
            Hidden = (int)hidden,
            Intermediate = (int)intermediate,
            Block = (int)(hidden / blocks),
            TopK = Number(match, "k"),
            Groups = Number(match, "groups"),
            TopGroups = Number(match, "top"),
        };
        return layout.Fits(call) ? layout : null;
    }

    private static int Number(Match match, string group) => int.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture);

    private static long[] ShapeOf(TraceReferenceCall call, string input) => [.. (call.Definition.Inputs.First(tensor => tensor.Name == input).Shape ?? []).Select(axis => call.Axes[axis])];

    private bool Fits(TraceReferenceCall call)
    {
        (long hiddenBlocks, long blocks) = (Hidden / Math.Max(1, Block), Intermediate / Math.Max(1, Block));
        return Block > 0 && Hidden % Block == 0 && Intermediate % Block == 0 && Groups > 0 && Experts % Groups == 0 && Experts / Groups >= 2
            && TopGroups >= 1 && TopGroups <= Groups && TopK >= 1 && TopK <= TopGroups * (Experts / Groups)
            && ShapeOf(call, "routing_bias").SequenceEqual([Experts])
            && ShapeOf(call, "hidden_states").SequenceEqual([Tokens, Hidden]) && ShapeOf(call, "hidden_states_scale").SequenceEqual([hiddenBlocks, Tokens])
            && ShapeOf(call, "gemm1_weights").SequenceEqual([LocalExperts, 2 * Intermediate, Hidden])
            && ShapeOf(call, "gemm1_weights_scale").SequenceEqual([LocalExperts, 2 * blocks, hiddenBlocks])
            && ShapeOf(call, "gemm2_weights_scale").SequenceEqual([LocalExperts, hiddenBlocks, blocks])
            && call.Outputs["output"].Length == Tokens * Hidden;
    }

    [GeneratedRegex("^moe_fp8_block_scale_ds_routing_topk(?<k>[0-9]{1,4})_ng(?<groups>[0-9]{1,4})_kg(?<top>[0-9]{1,4})_")]
    private static partial Regex Name();
}
