using System;
using System.Collections.Generic;
using Winnow.Kernels;
using Winnow.Kernels.Attention;
using Winnow.Kernels.Cache;

namespace Winnow.Benchmarking.Cases;

/// <summary>Attention of 32 query heads over 8 KV heads of 128 as in an 8B model, in F16 where no other type is named.</summary>
internal static class AttentionCases
{
    private const int Heads = 32;
    private const int Group = Heads / CachePlan.ModelHeads;
    private const int Hidden = Heads * CachePlan.HeadDim;

    public static IEnumerable<KernelCase> All()
    {
        yield return Forward("decode", 1, 4096, 1);
        yield return Forward("decode", 1, 16_384, 1);
        yield return Forward("decode", 8, 2048, 1);
        yield return Forward("prefill", 1, 512, 512);
        yield return Forward("prefill", 1, 4096, 256);
        yield return Forward("decode", 1, 1024, 1);
        yield return Forward("decode", 32, 16_384, 1) with { Parts = 4 };
        foreach (int tokens in new[] { 512, 1024, 4096, 16_384 })
        {
            (int parts, bool isTooMuch) = (tokens > 1024 ? 4 : 1, tokens > 4096);
            yield return Forward("prefill BF16", 1, tokens, tokens, type: DType.BF16) with { Parts = parts, IsMeasuredOnly = isTooMuch };
            yield return Forward("prefill BF16, bidirectional", 1, tokens, tokens, type: DType.BF16, isCausal: false) with { Parts = parts, IsMeasuredOnly = isTooMuch };
        }

        yield return Forward("decode + column mass", 1, 4096, 1, plan => new AttentionSignals { ColumnMass = Plane(plan) });
        yield return Forward("decode + column mass", 1, 1024, 1, plan => new AttentionSignals { ColumnMass = Plane(plan) });
        yield return Forward("decode + column mass", 1, 16_384, 1, plan => new AttentionSignals { ColumnMass = Plane(plan) });
        yield return Forward("decode + column mass", 32, 16_384, 1, plan => new AttentionSignals { ColumnMass = Plane(plan) }) with { Parts = 4 };
        yield return Forward("prefill + window mass", 1, 512, 512, plan => new AttentionSignals { WindowMass = Plane(plan), WindowTokens = 32 });
        yield return Forward("prefill + column mass", 1, 8704, 64, plan => new AttentionSignals { ColumnMass = Plane(plan) });
        yield return Forward("prefill + column mass", 1, 16_384, 512, plan => new AttentionSignals { ColumnMass = Plane(plan) }) with { Parts = 4 };
        yield return Forward("decode + block history", 1, 4096, 1, plan => new AttentionSignals { BlockHistory = plan.Cache.Attributes });
        yield return new KernelCase("attention", "merge two parts", $"512 x {Heads} x {CachePlan.HeadDim}", workspace =>
        {
            (Tensor output, Tensor logSumExp) = (workspace.Both(512, Hidden), workspace.Both(512, Heads));
            (Tensor other, Tensor otherLog) = (workspace.Input(512, Hidden), workspace.Input(512, Heads));
            return new CaseWork(() => workspace.Device.Attention.Merge(output, logSumExp, other, otherLog, Heads), 3.0 * 512 * Hidden);
        });
    }

    /// <summary>The last tokens of sequences attend to so many slots, their own included.</summary>
    private static KernelCase Forward(
        string name, int sequences, int slots, int tokens, Func<CachePlan, AttentionSignals>? signals = null, DType type = DType.F16, bool isCausal = true) =>
        new("attention", name, $"{sequences} x {tokens} tokens, {slots} slots", workspace =>
        {
            // A part has its sequences, or where there are too few its heads, to itself.
            (int rows, int kvHeads) = sequences < workspace.Parts ? (sequences, CachePlan.ModelHeads / workspace.Parts) : (sequences / workspace.Parts, CachePlan.ModelHeads);
            var plan = new CachePlan(workspace, rows, slots, attributes: signals is null ? 0 : AttentionSignals.HistoryPlanes, type: type, kvHeads: kvHeads);
            workspace.Count(plan.BytesOf(slots), 0);
            RaggedBatch batch = plan.Batch(tokens, slots - tokens);
            Tensor queries = workspace.Input(rows * tokens, kvHeads * Group * CachePlan.HeadDim);
            Tensor output = workspace.Output(rows * tokens, kvHeads * Group * CachePlan.HeadDim);
            var arguments = new AttentionArguments { Layer = 0, Scale = 1 / MathF.Sqrt(CachePlan.HeadDim), Signals = signals?.Invoke(plan) ?? default, Bidirectional = !isCausal };

            // Causal: the first of the tokens sees all but the others, the last sees everything.
            double seen = isCausal ? slots - ((tokens - 1) / 2.0) : slots;
            return new CaseWork(() => workspace.Device.Attention.Forward(output, queries, plan.Cache, batch, arguments), 4.0 * sequences * tokens * seen * Hidden);
        });

    private static Tensor Plane(CachePlan plan) =>
        plan.Cache.Attributes.Rows(0, 1).Reshape(new Shape(plan.Pages, PagedKv.PageSlots));
}
