using System;
using System.Collections.Generic;
using System.Numerics;

namespace Winnow.Kernels.Norm;

/// <summary>The kernels and their constants.</summary>
internal sealed partial class CudaNorm
{
    private static readonly KernelVariant RopeTableVariant = new("norm/rope_table.cu", "winnow_rope_table", 0);

    /// <summary>Variants of every kind, as models ask for them.</summary>
    public static IEnumerable<KernelVariant> Shipped()
    {
        foreach (NormKind kind in Enum.GetValues<NormKind>())
        {
            yield return Describe(RowKey.For(kind, 4096, aligned: true, hasBias: kind == NormKind.Layer));
        }

        yield return Describe(RowKey.For(NormKind.Rms, 4096, aligned: true, hasBias: false) with { Output = DType.F16 });
        yield return Describe(RowKey.For(NormKind.Rms, 4096, aligned: true, hasBias: false) with { Output = DType.BF16 });
        yield return Describe(RowKey.For(NormKind.Rms, 64, aligned: true, hasBias: false));
        yield return Describe(RowKey.For(NormKind.Rms, 16_384, aligned: true, hasBias: false));
        yield return Describe(RowKey.For(NormKind.Layer, 1031, aligned: false, hasBias: false));
        for (int function = 0; function <= SoftCapFunction; function++)
        {
            yield return Describe(new FunctionKey(function, Aligned: true));
        }

        foreach (DType type in new[] { DType.F32, DType.BF16, DType.Q8_0, DType.Q4_K, DType.Q6_K })
        {
            yield return Describe(new EmbedKey(type, Aligned: true));
        }

        yield return RopeTableVariant;
        yield return Describe(new HeadKey(128, 64, RopeLayout.HalfSplit, Normed: true, Aligned: true));
        yield return Describe(new HeadKey(64, 32, RopeLayout.Interleaved, Normed: false, Aligned: true));
        yield return Describe(new HeadKey(80, 20, RopeLayout.HalfSplit, Normed: false, Aligned: true));
        yield return Describe(new HeadKey(256, 128, RopeLayout.HalfSplit, Normed: true, Aligned: false));
        yield return Describe(new HeadKey(8, 4, RopeLayout.Interleaved, Normed: false, Aligned: true));
    }

    private static string Flag(string name, bool value) => value ? $"{name}=1" : $"{name}=0";

    private static KernelVariant Describe(RowKey key) => new(
        "norm/norm.cu", "winnow_norm", 0,
        $"KIND={(int)key.Kind}", $"THREADS={key.Threads}", $"TURNS={key.Turns}", Flag("ALIGNED", key.Aligned), Flag("HAS_BIAS", key.HasBias),
        $"OUTPUT_BITS={(key.Output == DType.F32 ? 32 : 16)}", Flag("BRAIN", key.Output == DType.BF16));

    private static KernelVariant Describe(FunctionKey key) => new(
        "norm/elementwise.cu", "winnow_elementwise", 0, $"FUNCTION={key.Function}", Flag("ALIGNED", key.Aligned));

    private static KernelVariant Describe(EmbedKey key) => new(
        "norm/embed.cu", "winnow_embed", 0, $"WEIGHT={(int)key.Weight}", Flag("ALIGNED", key.Aligned));

    private static KernelVariant Describe(HeadKey key) => new(
        "norm/rope.cu", "winnow_rope", 0,
        $"HEAD_DIM={key.HeadDim}", $"PAIRS={key.Pairs}", $"INTERLEAVED={(int)key.Layout}", Flag("NORMED", key.Normed), Flag("ALIGNED", key.Aligned));

    private readonly record struct FunctionKey(int Function, bool Aligned);

    private readonly record struct EmbedKey(DType Weight, bool Aligned);

    private readonly record struct HeadKey(int HeadDim, int Pairs, RopeLayout Layout, bool Normed, bool Aligned);

    // Threads and turns follow from the columns alone, and with them the order of the sums.
    private readonly record struct RowKey(NormKind Kind, int Threads, int Turns, bool Aligned, bool HasBias, DType Output = DType.F32)
    {
        private const int MostThreads = 512;
        private const int MostTurns = 4;

        public static RowKey For(NormKind kind, int columns, bool aligned, bool hasBias)
        {
            int groups = (columns + GroupValues - 1) / GroupValues;
            int threads = (int)Math.Clamp(BitOperations.RoundUpToPowerOf2((uint)groups), 32, MostThreads);
            int turns = (groups + threads - 1) / threads;
            return new RowKey(kind, threads, turns > MostTurns ? 0 : turns, aligned, hasBias);
        }
    }
}
