using System;
using System.Diagnostics;
using System.Threading;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Winnow.Cache;
using Winnow.Cache.Policies;
using Winnow.Formats;
using Winnow.Kernels;
using Winnow.Models;

namespace Winnow.Engine;

/// <summary>Opens a model and allocates what an engine needs; whatever fails, nothing stays allocated.</summary>
internal static class EngineLoader
{
    /// <summary>Checks what can be checked without a model.</summary>
    /// <exception cref="ArgumentException">An option breaks a rule.</exception>
    public static void Check(EngineOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Threads ?? 1, 1, nameof(options.Threads));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.ContextTokens ?? 1, 1, nameof(options.ContextTokens));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxSequences ?? 1, 1, nameof(options.MaxSequences));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.KvCacheBytes ?? 1, 1, nameof(options.KvCacheBytes));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.PrefillChunkTokens ?? 1, 1, nameof(options.PrefillChunkTokens));
        if (options.KvCacheType is not (null or DType.F32 or DType.F16 or DType.BF16))
        {
            throw new ArgumentException($"The KV cache keeps F32, F16 or BF16, not {options.KvCacheType}.", nameof(options));
        }

        _ = KvPlan.For(options);
    }

    public static ILogger CreateLogger(EngineOptions options) => options.LoggerFactory?.CreateLogger("Winnow") ?? NullLogger.Instance;

    public static EngineParts Load(
        string path, EngineOptions options, ILogger logger, IProgress<LoadProgress>? progress, CancellationToken cancellationToken) =>
        Load(() => ModelFiles.Open(path), options, logger, progress, cancellationToken);

    public static EngineParts Load(
        Func<ModelFiles> open, EngineOptions options, ILogger logger, IProgress<LoadProgress>? progress, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        progress?.Report(new LoadProgress(LoadStage.Opening, 0, 0));
        ModelFiles? files = null;
        EngineParts? parts = null;
        ComputeDevice? own = options.OwnsDevice == true ? options.Device : null;
        try
        {
            files = open();
            cancellationToken.ThrowIfCancellationRequested();
            own ??= options.Device is null ? new CpuDevice(options.Threads) : null;
            ComputeDevice device = options.Device ?? own!;
            long weights = DecoderWeights.RequireMemory(files.Tensors, device);
            EngineCapacity capacity = EngineCapacity.For(
                options, files.Config, device.UsualKvType(DecoderWeights.MainType(files.Tensors)), files.Tokenizer.VocabularySize,
                device.FreeBytes - weights, logger);
            parts = new EngineParts
            {
                Files = files,
                Device = device,
                OwnsDevice = own is not null,
                Scheduling = capacity.Scheduling,
                Defaults = ToOptions(files),
                Policies = KvPlan.For(options, files.Config),
                SparseRead = options.SparseRead,
                WeightBytes = weights,
                CacheBytes = capacity.CacheBytes,
            };
            Allocate(parts, capacity, weights, progress, cancellationToken);
            KernelPreparation.Run(parts, progress, cancellationToken);
        }
        catch
        {
            Free(parts, files, own);
            throw;
        }

        Tell(parts, logger, progress, Stopwatch.GetElapsedTime(started));
        return parts;
    }

    private static void Tell(EngineParts parts, ILogger logger, IProgress<LoadProgress>? progress, TimeSpan duration)
    {
        ModelFiles files = parts.Files;
        progress?.Report(new LoadProgress(LoadStage.Ready, parts.WeightBytes, parts.WeightBytes));
        Log.CacheAllocated(logger, parts.Cache.TotalPages, parts.CacheBytes >> 20, parts.Cache.Options.MaxTokens);
        Log.ModelLoaded(
            logger, files.Name, files.Config.Architecture, files.Config.Layers, parts.Device.Name, (long)duration.TotalMilliseconds);
    }

    private static void Allocate(
        EngineParts parts, EngineCapacity capacity, long weights, IProgress<LoadProgress>? progress, CancellationToken cancellationToken)
    {
        ModelFiles files = parts.Files;
        parts.Decoder = Decoder.Load(files.Tensors, files.Config, parts.Device, capacity.Decoder, progress, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        progress?.Report(new LoadProgress(LoadStage.Allocating, weights, weights));
        parts.Cache = new KvCache(parts.Device, capacity.Cache);
        if (parts.SparseRead is SparseReadPolicy sparse)
        {
            parts.Decoder.ReadSparsely(sparse, parts.Cache, capacity.Scheduling.MaxRunning, capacity.Decoder.MaxTokens);
        }

        parts.Batch = new StepBatch(parts.Device, capacity.Decoder.MaxTokens, capacity.Scheduling.MaxRunning);
        KvModel model = parts.Decoder.ModelForPolicies with
        {
            LazySeparators = new(() => SeparatorTokens.Of(files.Tokenizer, parts.Decoder.Vocabulary)),
        };
        parts.Evictor = new KvEvictor(parts.Device, parts.Cache, model);
    }

    private static void Free(EngineParts? parts, ModelFiles? files, ComputeDevice? own)
    {
        if (parts is not null)
        {
            parts.Dispose();
            return;
        }

        files?.Dispose();
        own?.Dispose();
    }

    private static GenerationOptions ToOptions(ModelFiles files)
    {
        GenerationDefaults defaults = files.GenerationDefaults;
        var options = new GenerationOptions
        {
            Temperature = defaults.Sample == false ? 0 : defaults.Temperature,

            // Some files write -1 for "off".
            TopK = defaults.TopK < 0 ? 0 : defaults.TopK,
            TopP = defaults.TopP,
            MinP = defaults.MinP,
            TypicalP = defaults.TypicalP,
            RepetitionPenalty = defaults.RepetitionPenalty,
        };
        try
        {
            new GenerationPlanner(files.Tokenizer, options, files.EndOfGenerationIds, 1).Plan(new GenerationOptions(), 1, 2);
        }
        catch (ArgumentException exception)
        {
            throw new ModelFormatException(
                $"The sampling that the model's files suggest is not possible: {exception.Message} Correct it there.",
                files.Path, innerException: exception);
        }

        return options;
    }
}
