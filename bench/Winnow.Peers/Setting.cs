using System.Globalization;
using Winnow.Kernels;

namespace Winnow.Peers;

/// <summary>What both participants are asked to do.</summary>
/// <param name="PromptTokens">The length of the prompt that prefill computes.</param>
/// <param name="DepthTokens">How many tokens lie in the cache when decoding begins.</param>
/// <param name="DecodeTokens">How many tokens are decoded.</param>
/// <param name="ChunkTokens">How many tokens of a prompt are computed at a time.</param>
/// <param name="KvCacheType">What Winnow keeps keys and values in; llama.cpp keeps them in F16.</param>
internal sealed record Setting(int PromptTokens, int DepthTokens, int DecodeTokens, int ChunkTokens, DType KvCacheType)
{
    /// <summary>A short prompt and a nearly empty cache: products of weights take nearly all of the time.</summary>
    public static Setting Short { get; } = new(512, 8, 32, 512, DType.F32);

    /// <summary>Attention over thousands of tokens counts as well; both read as many bytes of the cache.</summary>
    public static Setting Long { get; } = new(4096, 4096, 32, 512, DType.F16);

    /// <summary>The longest text that is computed.</summary>
    public int MostTokens => int.Max(PromptTokens, DepthTokens + DecodeTokens + 1);

    /// <summary>As arguments of a participant.</summary>
    public string[] Arguments => [Text(PromptTokens), Text(DepthTokens), Text(DecodeTokens), Text(ChunkTokens)];

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
