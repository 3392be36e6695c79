using System;
using System.Threading;
using Winnow.Cache;
using Winnow.Cache.Policies;
using Winnow.Kernels;
using Winnow.Kernels.Sampling;
using Winnow.Models;

namespace Winnow.Engine;

/// <summary>
/// Has the kernels that nearly every request needs compiled, side by side, before one waits for them: those of a short prompt and of a decoded token. Nothing is
/// computed. Longer prompts prepare their own when the first one comes.
/// </summary>
internal static class KernelPreparation
{
    private const int ShortPromptTokens = 16;

    public static void Run(EngineParts parts, IProgress<LoadProgress>? progress, CancellationToken cancellationToken)
    {
        KvPolicy? policy = parts.Policies.Choose(null) is { } chosen and not NonePolicy ? chosen : null;
        Reporter? reporter = progress is null ? null : new Reporter(progress);
        int prompt = Math.Min(ShortPromptTokens, Math.Min(parts.Scheduling.ChunkTokens, parts.Cache.Options.MaxTokens));
        foreach (int tokens in (ReadOnlySpan<int>)[prompt, 1])
        {
            KvSequence sequence = parts.Cache.CreateSequence(policy);
            try
            {
                // Where a cache is smaller than that there is no such step.
                if (parts.Cache.TryReserve(sequence, tokens))
                {
                    Prepare(parts, sequence, tokens, reporter, cancellationToken);
                }
            }
            finally
            {
                parts.Batch.Clear();
                parts.Cache.Free(sequence);
            }
        }
    }

    private static void Prepare(EngineParts parts, KvSequence sequence, int tokens, Reporter? reporter, CancellationToken cancellationToken)
    {
        var sampling = new RowSampling(SamplerChain.Create(new SamplingParameters { Temperature = 0 }), new SamplerState(1), tokens);
        parts.Batch.Add(sequence, new int[tokens], sampling, parts.Decoder.Vocabulary);
        parts.Batch.Observe(KvEvictor.MomentOf(tokens == 1 ? 1 : 0, tokens, 0));
        parts.Decoder.Prepare(parts.Cache, parts.Batch, reporter, cancellationToken);
    }

    private sealed class Reporter(IProgress<LoadProgress> progress) : IProgress<KernelProgress>
    {
        public void Report(KernelProgress value) => progress.Report(new LoadProgress(LoadStage.Compiling, value.Done, value.Total));
    }
}
