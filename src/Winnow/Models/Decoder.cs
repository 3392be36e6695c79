using System;
using System.Collections.Generic;
using System.Numerics;
using System.Threading;
using Winnow.Cache;
using Winnow.Cache.Policies;
using Winnow.Formats;
using Winnow.Kernels;
using Winnow.Kernels.Attention;
using Winnow.Kernels.Cache;
using Winnow.Kernels.Linear;
using Winnow.Kernels.Norm;
using Winnow.Kernels.Sampling;

namespace Winnow.Models;

/// <summary>
/// A decoder-only transformer: weights on a device and the forward pass. Differences between families are fields of
/// <see cref="ModelConfig"/>. One step at a time, on one thread.
/// </summary>
public sealed class Decoder : IDisposable
{
    private readonly ComputeDevice _device;
    private readonly DecoderWeights _weights;
    private readonly DecoderWorkspace _space;
    private readonly Tensor _output;
    private readonly HostBuffer _logits;
    private readonly float[] _hidden;
    private readonly StepRecordings _recordings;
    private readonly Action _issue;
    private readonly HashSet<(int Tokens, int MostTokens, SignalKinds Signals, bool HasLogits)> _prepared = [];
    private StepRecordings.Key _step;
    private AttentionSignals _signals;
    private SparseReader? _reader;
    private bool _readsDecodesOnly;
    private bool _reads;
    private int _logitCount;
    private int _hiddenCount;

    private Decoder(ComputeDevice device, ModelConfig config, DecoderWeights weights, DecoderOptions options)
    {
        (_device, Config, _weights) = (device, config, weights);
        Vocabulary = VocabularyOf(config, options);
        _output = weights.Output;
        _space = new DecoderWorkspace(device, config, options, Vocabulary);
        MaxLogitRows = options.MaxLogitRows;
        try
        {
            _logits = device.AllocateHost((long)options.MaxLogitRows * Vocabulary * sizeof(float));
        }
        catch
        {
            _space.Dispose();
            throw;
        }

        _recordings = new StepRecordings(device);
        _issue = Issue;
        _hidden = new float[(long)options.MaxHiddenRows * config.Hidden];
    }

    /// <summary>The model's dimensions and switches.</summary>
    public ModelConfig Config { get; }

    /// <summary>Values in a row of logits: the tokenizer's vocabulary, without the rows that pad the embedding table.</summary>
    public int Vocabulary { get; }

    /// <summary>The most rows of logits that one step computes.</summary>
    public int MaxLogitRows { get; }

    /// <summary>Loads the weights and allocates the workspace.</summary>
    /// <param name="file">The tensors.</param>
    /// <param name="config">The dimensions.</param>
    /// <param name="device">Where it runs.</param>
    /// <param name="options">The capacities of a step.</param>
    /// <param name="progress">Told about every few MiB of weights.</param>
    /// <param name="cancellation">Honoured between pieces; what was loaded is freed.</param>
    /// <exception cref="OutOfDeviceMemoryException">The device has less free than is needed.</exception>
    /// <exception cref="ModelFormatException">A tensor is missing or has the wrong shape.</exception>
    public static Decoder Load(
        TensorFile file,
        ModelConfig config,
        ComputeDevice device,
        DecoderOptions options,
        IProgress<LoadProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(options);
        DecoderWeights weights = DecoderWeights.Load(file, config, VocabularyOf(config, options), device, progress, cancellation);
        try
        {
            return new Decoder(device, config, weights, options);
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    /// <summary>Runs one step: appends the batch's tokens to the cache and computes the logits that the batch asks for.</summary>
    /// <param name="cache">The cache that the batch's sequences belong to; their pages are reserved.</param>
    /// <param name="batch">The step.</param>
    /// <param name="keepHidden">Keeps the rows after the last norm for <see cref="HiddenRow"/>.</param>
    public void Forward(KvCache cache, StepBatch batch, bool keepHidden = false) => Forward(cache, batch, keepHidden, null);

    /// <summary>The same, with something to issue behind the step before it is waited for: what leaves the cache after it.</summary>
    /// <param name="cache">The cache.</param>
    /// <param name="batch">The step.</param>
    /// <param name="keepHidden">Keeps the rows after the last norm.</param>
    /// <param name="behind">Issued when the cache has counted the step's tokens.</param>
    internal void Forward(KvCache cache, StepBatch batch, bool keepHidden, Action? behind)
    {
        ArgumentNullException.ThrowIfNull(cache);
        ArgumentNullException.ThrowIfNull(batch);
        CheckCapacity(batch, keepHidden);
        Describe(cache, batch);
        _reads = _reader is not null && (!_readsDecodesOnly || batch.Tokens == batch.Sequences.Count);
        if (_reads)
        {
            _reader!.Prepare(batch.Sequences, batch.Tokens == batch.Sequences.Count);
        }

        batch.MarkPending();
        if (batch.IsDecode && batch.Watched.Count == 0 && !keepHidden)
        {
            _recordings.Run(_step, _issue, mayPrepare: !_reads);
        }
        else
        {
            PrepareOnce(batch);
            Issue();
        }

        if (keepHidden)
        {
            ReadHidden(batch.Tokens);
        }

        Advance(cache, batch);
        behind?.Invoke();
        if (batch.LogitCount > 0)
        {
            _device.Synchronize();
            batch.Settle(wait: false);
        }

        _logitCount = batch.NeedsLogits ? batch.LogitCount : 0;
        _hiddenCount = keepHidden ? batch.Tokens : 0;
    }

    /// <summary>Has the kernels of a step compiled side by side, without running it. Policies that note on the host what passes in a step are left out.</summary>
    /// <param name="cache">The cache.</param>
    /// <param name="batch">The step.</param>
    /// <param name="progress">Told how many are compiled.</param>
    /// <param name="cancellationToken">Stops between kernels.</param>
    internal void Prepare(KvCache cache, StepBatch batch, IProgress<KernelProgress>? progress, CancellationToken cancellationToken)
    {
        if (_reader is null && batch.Watched.Count == 0)
        {
            Describe(cache, batch);
            _device.Prepare(_issue, progress, cancellationToken);
        }
    }

    /// <summary>From now on steps over a cache are read as a policy says; for one cache alone.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="cache">The cache.</param>
    /// <param name="maxSequences">Sequences of the largest step.</param>
    /// <param name="maxTokens">Tokens of the largest step.</param>
    internal void ReadSparsely(SparseReadPolicy policy, KvCache cache, int maxSequences, int maxTokens)
    {
        _reader?.Dispose();
        _reader = policy.CreateReader(_device, Config, cache, maxSequences, maxTokens);
        cache.IsReadSparsely = true;
        _readsDecodesOnly = policy.DecodeOnly && !policy.WatchesPrompts;
    }

    /// <summary>What policies may want to know of the model.</summary>
    internal KvModel ModelForPolicies => new(Config, _space.InverseFrequencies, _space.WindowInverseFrequencies, _weights.Layers);

    /// <summary>A row of logits of the last step, [Vocabulary]; valid until the next step, and free to be overwritten.</summary>
    /// <param name="index">The row, in the order in which the batch asked for them.</param>
    public Span<float> Logits(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, _logitCount);
        return _logits.Values<float>((long)index * Vocabulary * sizeof(float), Vocabulary);
    }

    /// <summary>What the last step chose on the device for a row of logits.</summary>
    /// <param name="index">The row, in the order in which the batch asked for them.</param>
    /// <param name="result">The choice.</param>
    /// <returns>False where the row is to be sampled from <see cref="Logits"/>.</returns>
    /// <exception cref="WinnowException">No token could be chosen; the message says why.</exception>
    internal bool TrySample(int index, out SampleResult result)
    {
        result = default;
        return _step.Batch?.Sampling?.TryRead(index, out result) == true;
    }

    /// <summary>A token's row after the last norm, [hidden]; valid until the next step.</summary>
    /// <param name="token">The token's place in the batch.</param>
    public ReadOnlySpan<float> HiddenRow(int token)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(token);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(token, _hiddenCount);
        return _hidden.AsSpan(token * Config.Hidden, Config.Hidden);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _recordings.Dispose();
        _reader?.Dispose();
        _logits.Dispose();
        _space.Dispose();
        _weights.Dispose();
    }

    private static void Advance(KvCache cache, StepBatch batch)
    {
        for (int s = 0; s < batch.Sequences.Count; s++)
        {
            cache.Advance(batch.Sequences[s], batch.CountOf(s));
        }
    }

    // Which kernel multiplies and attends goes by the number of rows, roughly.
    private void PrepareOnce(StepBatch batch)
    {
        var kind = (BitOperations.Log2((uint)batch.Tokens), BitOperations.Log2((uint)batch.MostTokens), batch.Signals, batch.LogitCount > 0);
        if (!_reads && batch.Watched.Count == 0 && _prepared.Add(kind))
        {
            _device.Prepare(_issue);
        }
    }

    private void Describe(KvCache cache, StepBatch batch)
    {
        _step = new StepRecordings.Key(cache, batch, batch.Tokens, SlotBound(cache, batch), batch.NeedsLogits, batch.Sampling?.Passes ?? 0, batch.Signals);
        _signals = SignalPlanes.SignalsOf(cache, batch.Signals, batch.WindowTokens, batch.HitThreshold);
    }

    // Everything a step issues, in order; nothing in it waits, so that it can be recorded.
    private void Issue()
    {
        StepBatch batch = _step.Batch;
        batch.IssueUpload();
        if (_reads)
        {
            _reader!.Begin();
        }

        StepBatch.DeviceStep step = batch.View();
        RaggedBatch ragged = step.Ragged with { MostTokens = batch.MostTokens, MostSlots = _step.MostSlots };
        DecoderWorkspace.Step space = _space.ForStep(batch.Tokens, batch.LogitCount);

        _device.Norm.Embed(space.Hidden, _weights.Embedding, step.Tokens, Config.EmbeddingScale);
        _space.ComputeRopeTables(ragged.Positions, space);
        for (int layer = 0; layer < Config.Layers; layer++)
        {
            RunLayer(_step.Cache, ragged, space, layer);
        }

        if (batch.LogitCount > 0)
        {
            ComputeLogits(step.LogitTokens, space);
        }
    }

    // Grids are made for a power of two, so that one recording serves many lengths.
    private static int SlotBound(KvCache cache, StepBatch batch)
    {
        const int LeastBound = 256;
        int capacity = KvCache.PagesFor(cache.Options.MaxTokens) * PagedKv.PageSlots;
        return (int)Math.Min(capacity, Math.Max(LeastBound, BitOperations.RoundUpToPowerOf2((uint)batch.MostSlots)));
    }

    private void ReadHidden(int tokens)
    {
        DecoderWorkspace.Step space = _space.ForStep(tokens, 0);
        _device.Norm.RmsNorm(space.Normed, space.Hidden, _weights.OutputNorm, Config.RmsEpsilon);
        _device.Download(space.Normed, _hidden.AsSpan(0, tokens * Config.Hidden));
    }

    private void RunLayer(KvCache cache, in RaggedBatch ragged, in DecoderWorkspace.Step space, int layer)
    {
        LayerWeights w = _weights.Layers[layer];
        float epsilon = Config.RmsEpsilon;
        bool windowed = Config.WindowOf(layer) > 0;
        Tensor rope = windowed ? space.WindowRope : space.Rope;

        // Policies that watch a step read what the norm wrote.
        Tensor normed = _step.Batch.Watched.Count == 0 ? ForProducts(space.Normed, w.Query, w.Key, w.Value) : space.Normed;
        _device.Norm.RmsNorm(normed, space.Hidden, w.AttentionNorm, epsilon);
        _device.Linear.Project(
            normed,
            new() { Output = space.Queries, Weight = w.Query, Bias = w.QueryBias },
            new() { Output = space.Keys, Weight = w.Key, Bias = w.KeyBias },
            new() { Output = space.Values, Weight = w.Value, Bias = w.ValueBias });
        Watch(ragged, space, layer);
        var rotation = new Rotation
        {
            Table = rope,
            Layout = Config.RopeLayout,
            QueryNorm = w.QueryNorm,
            KeyNorm = w.KeyNorm,
            Epsilon = epsilon,
        };
        _device.Cache.AppendRotated(cache.Device, ragged, layer, space.Queries, space.Keys, space.Values, rotation, cache.Norms);
        Attend(cache, ragged, space, layer);
        AddProjected(space, space.Attended, w.Output, w.OutputBias, w.AttentionPostNorm);

        normed = ForProducts(space.Normed, w.Gate, w.Up);
        _device.Norm.RmsNorm(normed, space.Hidden, w.FfnNorm, epsilon);
        Tensor gated = ForProducts(space.Gated, w.Down);
        _device.Linear.ProjectGated(gated, normed, w.Gate, w.Up, Config.Activation);
        AddProjected(space, gated, w.Down, default, w.FfnPostNorm);
    }

    // The same memory in the type in which products with these weights read it best.
    private Tensor ForProducts(Tensor memory, params ReadOnlySpan<Tensor> weights)
    {
        int rows = (int)memory.Shape[0];
        DType type = _device.Linear.InputType(weights[0], rows);
        foreach (Tensor weight in weights)
        {
            type = _device.Linear.InputType(weight, rows) == type ? type : DType.F32;
        }

        return type == DType.F32 ? memory : new Tensor(memory.Buffer, memory.ByteOffset, type, memory.Shape);
    }

    private void Attend(KvCache cache, in RaggedBatch ragged, in DecoderWorkspace.Step space, int layer)
    {
        var arguments = new AttentionArguments
        {
            Layer = layer,
            Scale = Config.AttentionScale,
            SoftCap = Config.AttentionSoftCap,
            Window = Config.WindowOf(layer),
            Signals = _signals,
        };
        if (!_reads)
        {
            _device.Attention.Forward(space.Attended, space.Queries, cache.Device, ragged, arguments);
            return;
        }

        _reader!.Attend(new SparseLayer
        {
            Output = space.Attended,
            Queries = space.Queries,
            Cache = cache.Device,
            Batch = ragged,
            Arguments = arguments,
        });
    }

    private void Watch(in RaggedBatch ragged, in DecoderWorkspace.Step space, int layer)
    {
        foreach (int index in _step.Batch.Watched)
        {
            KvSequence sequence = _step.Batch.Sequences[index];
            (int first, int count) = (_step.Batch.StartOf(index), _step.Batch.CountOf(index));
            sequence.Policy!.Watch(new KvLayer
            {
                Device = _device,
                Layer = layer,
                Input = space.Normed.Rows(first, count),
                Queries = space.Queries.Rows(first, count),
                QueryNorm = _weights.Layers[layer].QueryNorm,
                NormEpsilon = Config.RmsEpsilon,
                Positions = ragged.Positions.Rows(first, count),
                State = sequence.State,
            });
        }
    }

    private void AddProjected(in DecoderWorkspace.Step space, Tensor input, Tensor weight, Tensor bias, Tensor postNorm)
    {
        if (postNorm.IsEmpty)
        {
            _device.Linear.Project(
                input, new Projection { Output = space.Hidden, Weight = weight, Bias = bias, Residual = space.Hidden });
            return;
        }

        _device.Linear.Project(input, new Projection { Output = space.Normed, Weight = weight, Bias = bias });
        _device.Norm.AddRmsNorm(space.Hidden, space.Normed, postNorm, Config.RmsEpsilon);
    }

    private static int VocabularyOf(ModelConfig config, DecoderOptions options) => Math.Min(config.Vocab, options.Vocabulary ?? config.Vocab);

    private void ComputeLogits(Tensor logitTokens, in DecoderWorkspace.Step space)
    {
        _device.Reduction.GatherRows(space.LogitHidden, space.Hidden, logitTokens);
        _device.Norm.RmsNorm(space.LogitHidden, space.LogitHidden, _weights.OutputNorm, Config.RmsEpsilon);
        _device.Linear.Project(space.LogitHidden, new Projection { Output = space.Logits, Weight = _output });
        if (Config.LogitSoftCap > 0)
        {
            _device.Norm.SoftCap(space.Logits, Config.LogitSoftCap);
        }

        _step.Batch.Sampling?.Issue(space.Logits);
        if (_step.NeedsLogits)
        {
            _device.CopyOut(_logits, 0, space.Logits);
        }
    }

    private void CheckCapacity(StepBatch batch, bool keepHidden)
    {
        if (batch.Tokens == 0)
        {
            throw new InvalidOperationException("A step needs at least one token.");
        }

        if (batch.LogitCount > MaxLogitRows || (keepHidden && (long)batch.Tokens * Config.Hidden > _hidden.Length))
        {
            throw new InvalidOperationException(
                $"The step asks for {batch.LogitCount} rows of logits of {MaxLogitRows}, or for hidden rows of more tokens than were allowed for.");
        }

        foreach (int token in batch.TokenIds)
        {
            if ((uint)token >= _weights.Embedding.Shape[0])
            {
                throw new ArgumentException($"Token {token} is outside the model's vocabulary of {_weights.Embedding.Shape[0]}.", nameof(batch));
            }
        }
    }
}
