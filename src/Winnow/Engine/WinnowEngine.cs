using System;
using System.Diagnostics;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;
using Winnow.Formats.Templates;
using Winnow.Formats.Tokenizers;
using Winnow.Models;

namespace Winnow.Engine;

/// <summary>
/// A loaded model that generates text for any number of callers at the same time: one copy of the weights, one KV cache, and one thread that
/// computes all of their requests together, step by step. All members may be used from several threads.
/// </summary>
/// <remarks>
/// Disposing ends all running requests with an <see cref="ObjectDisposedException"/>, waits for the step in progress and frees everything.
/// A step that fails ends the requests in it with its error; the engine stays usable.
/// </remarks>
public sealed partial class WinnowEngine : IAsyncDisposable, IDisposable
{
    private readonly EngineParts _parts;
    private readonly ILogger _logger;
    private readonly EngineCore _core;
    private readonly GenerationPlanner _planner;
    private int _openSessions;
    private int _disposed;

    private WinnowEngine(EngineParts parts, ILogger logger)
    {
        (_parts, _logger) = (parts, logger);
        _core = new EngineCore(parts.Decoder, parts.Cache, parts.Batch, parts.Evictor, parts.Scheduling, logger);
        _planner = new GenerationPlanner(
            Tokenizer, Defaults, parts.Files.EndOfGenerationIds, parts.Decoder.Vocabulary);
        Prompts = new PromptEncoder(Tokenizer, ChatTemplate, parts.Decoder.Vocabulary);
        Fingerprint = ModelFingerprint.Compute(Config, parts.Files.Tensors);
        Thread = new EngineThread(_core, logger);
    }

    /// <summary>The model's dimensions and switches.</summary>
    public ModelConfig Config => _parts.Files.Config;

    /// <summary>The model's tokenizer.</summary>
    public Tokenizer Tokenizer => _parts.Files.Tokenizer;

    /// <summary>The model's chat template, where it has one.</summary>
    public ChatTemplate? ChatTemplate => _parts.Files.ChatTemplate;

    /// <summary>What the model is called: its own name for itself, or its file or folder.</summary>
    public string ModelName => _parts.Files.Name;

    /// <summary>What the model's own files recommend; options that a caller leaves open fall back to these.</summary>
    public GenerationOptions Defaults => _parts.Defaults;

    /// <summary>The longest sequence, tokens.</summary>
    public int ContextTokens => _parts.Cache.Options.MaxTokens;

    /// <summary>What the engine holds and has done; may be a step old.</summary>
    public EngineStatistics Statistics => new()
    {
        TotalPages = _parts.Cache.TotalPages,
        FreePages = _parts.Cache.FreePages,
        RunningRequests = _core.Running,
        WaitingRequests = _core.Waiting,
        OpenSessions = Volatile.Read(ref _openSessions),
        Steps = _core.Steps,
        ComputedTokens = _core.ComputedTokens,
        Preemptions = _core.Preemptions,
        EvictionTime = Stopwatch.GetElapsedTime(0, _core.EvictionTicks),
        WeightBytes = _parts.WeightBytes,
        KvCacheBytes = _parts.CacheBytes,
    };

    internal EngineThread Thread { get; }

    internal PromptEncoder Prompts { get; }

    internal KvPagePool Pool => _core.Pool;

    internal byte[] Fingerprint { get; }

    /// <summary>Loads a model.</summary>
    /// <param name="path">A folder with config.json and safetensors files, or a .gguf file.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="progress">Told how far loading is.</param>
    /// <param name="cancellationToken">Stops loading and frees what was loaded.</param>
    /// <exception cref="ModelNotFoundException">There is no model.</exception>
    /// <exception cref="UnsupportedModelException">The architecture is not one that Winnow knows.</exception>
    /// <exception cref="Formats.ModelFormatException">A file is damaged.</exception>
    /// <exception cref="OutOfDeviceMemoryException">The device has less free memory than is needed.</exception>
    /// <exception cref="ArgumentException">An option breaks the rule that the message states.</exception>
    public static Task<WinnowEngine> LoadAsync(
        string path, EngineOptions? options = null, IProgress<LoadProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return LoadAsync(() => ModelFiles.Open(path), options, progress, cancellationToken);
    }

    /// <summary>Loads a model that was opened before.</summary>
    /// <param name="files">The model; the engine disposes it, also where loading fails.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="progress">Told how far loading is.</param>
    /// <param name="cancellationToken">Stops loading and frees what was loaded.</param>
    /// <exception cref="UnsupportedModelException">A tensor is stored in a type that Winnow does not compute with.</exception>
    /// <exception cref="Formats.ModelFormatException">A file is damaged.</exception>
    /// <exception cref="OutOfDeviceMemoryException">The device has less free memory than is needed.</exception>
    /// <exception cref="ArgumentException">An option breaks the rule that the message states.</exception>
    public static Task<WinnowEngine> LoadAsync(
        ModelFiles files, EngineOptions? options = null, IProgress<LoadProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(files);
        return LoadAsync(() => files, options, progress, cancellationToken);
    }

    /// <summary>Ends all requests, waits for the step in progress and frees everything. Calling it again does nothing.</summary>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <summary>Ends all requests, waits for the step in progress and frees everything. Calling it again does nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        bool isFirst = Interlocked.Exchange(ref _disposed, 1) == 0;
        await Thread.StopAsync().ConfigureAwait(false);
        if (isFirst)
        {
            Log.EngineClosed(_logger, ModelName, _core.Steps);
            _parts.Dispose();
        }
    }

    internal void SessionOpened() => Interlocked.Increment(ref _openSessions);

    internal async Task CloseAsync(EngineSequence sequence)
    {
        Interlocked.Decrement(ref _openSessions);
        try
        {
            await Thread.InvokeAsync(core => core.Close(sequence)).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is ObjectDisposedException or WinnowException)
        {
            // The engine has stopped, and its cache went with it.
            Log.SessionOutlivedEngine(_logger, ModelName);
        }
    }

    private static Task<WinnowEngine> LoadAsync(
        Func<ModelFiles> open, EngineOptions? options, IProgress<LoadProgress>? progress, CancellationToken cancellationToken)
    {
        EngineOptions asked = options ?? new EngineOptions();
        EngineLoader.Check(asked);

        // Started even where it is cancelled by now, because the loader disposes a device that the engine would have owned.
        return Task.Run(
            () =>
            {
                ILogger logger = EngineLoader.CreateLogger(asked);
                return Start(EngineLoader.Load(open, asked, logger, progress, cancellationToken), logger);
            },
            CancellationToken.None);
    }

    private static WinnowEngine Start(EngineParts parts, ILogger logger)
    {
        try
        {
            return new WinnowEngine(parts, logger);
        }
        catch
        {
            parts.Dispose();
            throw;
        }
    }

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_disposed != 0, this);
}
