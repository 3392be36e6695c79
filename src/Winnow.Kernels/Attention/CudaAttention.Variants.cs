using System.Collections.Generic;

namespace Winnow.Kernels.Attention;

/// <summary>The kernels and their constants.</summary>
internal sealed partial class CudaAttention
{
    private static readonly KernelVariant MergeVariant = new("attention/merge.cu", "winnow_attention_merge", 0);

    // Blocks of clusters with a split each, or with several: CLUSTER of the decode kernel.
    private const int OneSplit = 1;
    private const int SeveralSplits = 2;

    // Rows of a tile where there are few.
    private const int FewRows = CudaAttentionShapes.DecodeRows / 2;

    // Slots of a round of the decode kernel, as devices have room for them.
    private static readonly int[] OneRound = [64];
    private static readonly int[] Halves = [64, 128];
    private static readonly int[] Rounds = [64, 128, 256];

    /// <summary>Variants of every kind, as models ask for them.</summary>
    public static IEnumerable<KernelVariant> Shipped()
    {
        foreach (DType type in new[] { DType.BF16, DType.F32 })
        {
            foreach (int headDim in new[] { 8, 64, 128, 256 })
            {
                CallKey plain = new(headDim, type, Causal: true, AttentionReach.All, Tree: false, Lists: false, SoftCap: false, LogSumExp: false);
                foreach (int round in type == DType.F32 ? OneRound : headDim > 128 ? Halves : Rounds)
                {
                    yield return DescribeDecode(new(plain, round));
                    if (type != DType.F32)
                    {
                        yield return DescribeDecode(new(plain, round, FewRows));
                    }
                }

                yield return DescribePrefill(plain);
                if (CudaAttentionShapes.FitsHopper(type, headDim))
                {
                    yield return DescribeHopper(plain);
                }
            }
        }

        CallKey half = new(128, DType.F16, Causal: true, AttentionReach.All, Tree: false, Lists: false, SoftCap: false, LogSumExp: true);
        yield return DescribeDecode(new(half, 256));
        yield return DescribePrefill(half with { HeadDim = 80, Causal = false });
        yield return DescribePrefill(half with { Reach = AttentionReach.Window, SoftCap = true });
        yield return DescribeDecode(new(half with { HeadDim = 256, Reach = AttentionReach.Window, SoftCap = true }, 64));
        yield return DescribePrefill(half with { HeadDim = 256, Reach = AttentionReach.SinksAndWindow, Tree = true, Lists = true, SoftCap = true });
        yield return DescribePrefill(half with { HeadDim = 256, Type = DType.F32, Reach = AttentionReach.Distant, Lists = true });
        yield return DescribeDecode(new(half with { Reach = AttentionReach.SinksAndWindow }, 128));
        yield return DescribeDecode(new(half with { Reach = AttentionReach.Distant, Lists = true }, 256));
        yield return DescribeDecode(new(half with { Lists = true, LogSumExp = false }, 128));
        yield return DescribeDecode(new(half with { Tree = true, Lists = true, SoftCap = true, Reach = AttentionReach.GrowingNear }, 256));
        yield return DescribeDecode(new(half with { Type = DType.BF16, Reach = AttentionReach.GrowingNear }, 256));
        yield return DescribePrefill(half with { HeadDim = 64, Type = DType.BF16, Reach = AttentionReach.GrowingDistant });
        yield return DescribeHopper(half with { Causal = false });
        yield return DescribeHopper(half with { HeadDim = 64, Reach = AttentionReach.GrowingNear });
        yield return DescribeHopper(half with { Reach = AttentionReach.SinksAndWindow, Tree = true, SoftCap = true });
        yield return MergeVariant;
        SignalKey all = new(half, ColumnMass: true, WindowMass: true, LastRow: true, ColumnMaximum: true, Hits: true);
        yield return DescribeSignals(new(all, SignalWarps));
        yield return DescribeSignals(new(all with { Call = half with { HeadDim = 256, Type = DType.F32, Reach = AttentionReach.Window, Tree = true, SoftCap = true } }, SignalWarps));
        yield return DescribeSignals(new(all with { Call = half with { HeadDim = 256, Reach = AttentionReach.Window, Lists = true, Tree = true, SoftCap = true } }, ManySignalWarps));
        yield return DescribeSignals(new(new SignalKey(half, false, WindowMass: true, false, false, false), SignalWarps));
        yield return DescribeSignals(new(new SignalKey(half with { Type = DType.BF16 }, ColumnMass: true, false, false, false, false), ManySignalWarps));
        yield return DescribeSignals(new(new SignalKey(half with { HeadDim = 64, Type = DType.BF16 }, ColumnMass: true, false, false, false, false), SignalWarps));
        yield return DescribeDecodeSignals(new(all, 256));
        yield return DescribeDecodeSignalsApart(new(all, 256));
        yield return DescribeDecodeSignals(new(all with { Call = half with { HeadDim = 256, Reach = AttentionReach.Window, Lists = true, Tree = true, SoftCap = true } }, 64));
        yield return DescribeDecodeSignals(new(new SignalKey(half with { HeadDim = 64, Type = DType.BF16 }, ColumnMass: true, false, false, false, false), 128));
        foreach (int headDim in new[] { 64, 128 })
        {
            CallKey plain = new(headDim, DType.BF16, Causal: true, AttentionReach.All, Tree: false, Lists: false, SoftCap: false, LogSumExp: false);
            yield return DescribeDecode(new(plain, 256, Cluster: OneSplit));
            yield return DescribeDecode(new(plain, 256, FewRows, OneSplit));
            yield return DescribeDecode(new(plain, 256, FewRows, SeveralSplits));
        }

        yield return DescribeDecode(new(half with { HeadDim = 256, Reach = AttentionReach.Window, Tree = true, Lists = true, SoftCap = true }, 128, Cluster: OneSplit));
        yield return DescribeDecodeSignals(new(all, 256, Cluster: OneSplit));
        yield return DescribeDecodeSignals(new(all, 256, FewRows, OneSplit));
        yield return DescribeDecodeSignals(new(all, 256, FewRows, SeveralSplits));
        yield return DescribeDecodeSignals(new(new SignalKey(half with { HeadDim = 256, Reach = AttentionReach.Window }, ColumnMass: true, false, false, false, false), 128, Cluster: SeveralSplits));
        yield return DescribeDecodeSignals(new(all, 64, FewRows));
        yield return DescribeDecodeSignals(new(new SignalKey(half with { HeadDim = 256, Type = DType.BF16 }, ColumnMass: true, false, false, false, false), 128, Cluster: OneSplit));
        yield return DescribeHistory(half with { Lists = true });
        yield return DescribeHistory(half with { HeadDim = 64, Type = DType.BF16 });
        yield return DescribeHistory(half with { HeadDim = 256, Type = DType.F32, Reach = AttentionReach.Window, Tree = true, SoftCap = true });
    }

    private static KernelVariant DescribeDecode(DecodeKey key)
    {
        int bytes = Bytes(key, signals: false);
        return new("attention/decode.cu", "winnow_attention_decode", bytes, [.. Definitions(key.Call), .. Definitions(key, bytes)])
        {
            Requires = key.Cluster != 0 ? "90a" : null,
            ClusterBlocks = key.Cluster != 0 ? CudaAttentionShapes.ClusterBlocks : 0,
        };
    }

    private static KernelVariant DescribeDecodeSignals(DecodeSignalKey key) => DescribeDecodeSignals(key, "winnow_attention_decode_signals");

    private static KernelVariant DescribeDecodeSignalsApart(DecodeSignalKey key) =>
        DescribeDecodeSignals(key, "winnow_attention_decode_signals_apart") with { SharedBytes = 0 };

    private static KernelVariant DescribeDecodeSignals(DecodeSignalKey key, string entry)
    {
        int bytes = Bytes(key.Decode, signals: true);
        return new(
            "attention/decode_signals.cu", entry, bytes, [.. Definitions(key.Signals.Call), .. Definitions(key.Signals), .. Definitions(key.Decode, bytes)])
        {
            Requires = key.Decode.Cluster != 0 ? "90a" : null,
            ClusterBlocks = key.Decode.Cluster != 0 ? CudaAttentionShapes.ClusterBlocks : 0,
        };
    }

    private static int Bytes(DecodeKey key, bool signals) =>
        CudaAttentionShapes.DecodeBytes(key.Call.Type, key.Call.HeadDim, key.Call.Lists, key.Round, key.Rows)
        + (key.Cluster == 0 ? 0 : CudaAttentionShapes.ClusterBytes(key.Call.HeadDim, key.Rows, key.Cluster == SeveralSplits ? CudaAttentionShapes.OwnStates : key.Rows, signals));

    private static string[] Definitions(DecodeKey key, int bytes) =>
        [$"ROUND_SLOTS={key.Round}", $"DECODE_ROWS={key.Rows}", $"CLUSTER={key.Cluster}", $"SHARED_BYTES={bytes}"];

    private static KernelVariant DescribePrefill(CallKey key) => new(
        "attention/prefill.cu", "winnow_attention_prefill", CudaAttentionShapes.PrefillBytes(key.Type, key.HeadDim),
        [.. Definitions(key), $"SHARED_BYTES={CudaAttentionShapes.PrefillBytes(key.Type, key.HeadDim)}"]);

    private static KernelVariant DescribeHopper(CallKey key) => new(
        "attention/prefill_hopper.cu", "winnow_attention_prefill_hopper", CudaAttentionShapes.HopperBytes(key.HeadDim),
        [.. Definitions(key), $"SHARED_BYTES={CudaAttentionShapes.HopperBytes(key.HeadDim)}"])
    {
        Requires = "90a",
    };

    private static KernelVariant DescribeSignals(SignalWalkKey key)
    {
        CallKey call = key.Signals.Call;
        int bytes = CudaAttentionShapes.SignalBytes(call.Type, call.HeadDim, key.Warps);
        return new(
            "attention/signals.cu", "winnow_attention_signals", bytes,
            [.. Definitions(call), .. Definitions(key.Signals), $"SIGNAL_WARPS={key.Warps}", $"SHARED_BYTES={bytes}"]);
    }

    private static KernelVariant DescribeHistory(CallKey key) => new(
        "attention/block_history.cu", "winnow_attention_block_history", 0, Definitions(key));

    private static string[] Definitions(CallKey key) =>
    [
        $"KV_TYPE={(key.Type == DType.F32 ? "float" : key.Type == DType.F16 ? "half_t" : "bf16_t")}",
        $"HEAD_DIM={key.HeadDim}",
        Flag("CAUSAL", key.Causal),
        $"WINDOW={(int)key.Reach}",
        Flag("TREE", key.Tree),
        Flag("LISTS", key.Lists),
        Flag("SOFT_CAP", key.SoftCap),
        Flag("LOG_SUM_EXP", key.LogSumExp),
    ];

    private static string[] Definitions(SignalKey key) =>
    [
        Flag("COLUMN_MASS", key.ColumnMass),
        Flag("WINDOW_MASS", key.WindowMass),
        Flag("LAST_ROW", key.LastRow),
        Flag("COLUMN_MAXIMUM", key.ColumnMaximum),
        Flag("HITS", key.Hits),
    ];

    private static string Flag(string name, bool value) => value ? $"{name}=1" : $"{name}=0";

    private readonly record struct CallKey(
        int HeadDim, DType Type, bool Causal, AttentionReach Reach, bool Tree, bool Lists, bool SoftCap, bool LogSumExp);

    private readonly record struct DecodeKey(CallKey Call, int Round, int Rows = CudaAttentionShapes.DecodeRows, int Cluster = 0);

    private readonly record struct SignalKey(CallKey Call, bool ColumnMass, bool WindowMass, bool LastRow, bool ColumnMaximum, bool Hits);

    private readonly record struct SignalWalkKey(SignalKey Signals, int Warps);

    private readonly record struct DecodeSignalKey(SignalKey Signals, int Round, int Rows = CudaAttentionShapes.DecodeRows, int Cluster = 0)
    {
        public DecodeKey Decode => new(Signals.Call, Round, Rows, Cluster);
    }
}
