using System;
using System.Collections.Generic;
using Winnow.Cache;
using Winnow.Cache.Policies;
using Winnow.Kernels;
using Winnow.Kernels.Cache;

namespace Winnow.Models;

/// <summary>
/// The tokens of one step, of any number of sequences: filled on the host, uploaded once a step. Reused from step to step, so that
/// filling it allocates nothing.
/// </summary>
public sealed class StepBatch : IDisposable
{
    private const int Kinds = 3;

    private readonly ComputeDevice _device;
    private readonly HostBuffer _host = null!;
    private readonly Tensor _block;
    private readonly List<KvSequence> _sequences;
    private readonly List<int> _watched;
    private readonly StepSampling? _sampling;
    private bool _pending;

    /// <summary>Allocates for the largest step.</summary>
    /// <param name="device">The device that runs the steps.</param>
    /// <param name="maxTokens">Tokens in the largest step.</param>
    /// <param name="maxSequences">Sequences in the largest step.</param>
    public StepBatch(ComputeDevice device, int maxTokens, int maxSequences)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxSequences, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxTokens, maxSequences);
        (_device, MaxTokens, MaxSequences) = (device, maxTokens, maxSequences);
        _sequences = new List<KvSequence>(maxSequences);
        _watched = new List<int>(maxSequences);
        try
        {
            _block = device.AllocateTensor(DType.I32, new Shape((Kinds * (long)maxTokens) + (2 * maxSequences) + 1));
            _host = device.AllocateHost(_block.Bytes);
            _sampling = device.SamplesRows ? new StepSampling(device, maxSequences) : null;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Tokens in the largest step.</summary>
    public int MaxTokens { get; }

    /// <summary>Sequences in the largest step.</summary>
    public int MaxSequences { get; }

    /// <summary>Tokens added so far.</summary>
    public int Tokens { get; private set; }

    /// <summary>Rows of logits that the step computes.</summary>
    public int LogitCount { get; private set; }

    /// <summary>The sequences, in the order they were added.</summary>
    public IReadOnlyList<KvSequence> Sequences => _sequences;

    /// <summary>The token ids, in the order they were added.</summary>
    public ReadOnlySpan<int> TokenIds => HostTokens[..Tokens];

    /// <summary>The most slots that a head of one of the sequences has after the step.</summary>
    public int MostSlots { get; private set; }

    /// <summary>The most tokens of one sequence.</summary>
    public int MostTokens { get; private set; }

    /// <summary>Which signals the policies of the step's sequences look at.</summary>
    internal SignalKinds Signals { get; private set; }

    /// <summary>How many last queries the window signal sums over.</summary>
    internal int WindowTokens { get; private set; }

    /// <summary>What a probability must exceed to count as a hit.</summary>
    internal float HitThreshold { get; private set; }

    /// <summary>The places of sequences whose policy watches the layers.</summary>
    internal IReadOnlyList<int> Watched => _watched;

    /// <summary>The rows that are sampled on the device; null where there are none.</summary>
    internal StepSampling? Sampling => _sampling?.Count > 0 ? _sampling : null;

    /// <summary>Whether a row of logits is wanted on the host.</summary>
    internal bool NeedsLogits => LogitCount > (_sampling?.Count ?? 0);

    /// <summary>Whether every sequence has one token, with logits.</summary>
    internal bool IsDecode => Tokens == _sequences.Count && LogitCount == Tokens;

    // One block, here and on the device, so that one copy brings a step over: tokens, positions, tokens with logits, rows, starts.
    private Span<int> HostTokens => HostPart(0, MaxTokens);

    private Span<int> HostPositions => HostPart(MaxTokens, MaxTokens);

    private Span<int> HostLogitTokens => HostPart(2 * MaxTokens, MaxTokens);

    private Span<int> HostRows => HostPart(Kinds * MaxTokens, MaxSequences);

    private Span<int> HostStarts => HostPart((Kinds * MaxTokens) + MaxSequences, MaxSequences + 1);

    /// <summary>Empties the batch for the next step.</summary>
    public void Clear()
    {
        // The last step's copy may still be reading the block.
        Settle(wait: true);
        (Tokens, LogitCount, MostSlots, MostTokens) = (0, 0, 0, 0);
        (Signals, WindowTokens, HitThreshold) = (SignalKinds.None, 0, 0);
        _sequences.Clear();
        _watched.Clear();
        _sampling?.Clear();
    }

    /// <summary>Adds the next tokens of a sequence; at most once a step for each. Its pages must be reserved.</summary>
    /// <param name="sequence">The sequence.</param>
    /// <param name="tokens">The tokens, at least one.</param>
    /// <param name="logits">Which of them need logits.</param>
    public void Add(KvSequence sequence, ReadOnlySpan<int> tokens, LogitRows logits)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        ArgumentOutOfRangeException.ThrowIfZero(tokens.Length, nameof(tokens));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tokens.Length, MaxTokens - Tokens, nameof(tokens));
        if (_sequences.Count == MaxSequences || _sequences.Contains(sequence))
        {
            throw new InvalidOperationException($"A step takes {MaxSequences} sequences at most, and each of them once.");
        }

        tokens.CopyTo(HostTokens[Tokens..]);
        Span<int> positions = HostPositions;
        for (int i = 0; i < tokens.Length; i++)
        {
            positions[Tokens + i] = sequence.Length + i;
            if (logits == LogitRows.All || (logits == LogitRows.Last && i == tokens.Length - 1))
            {
                HostLogitTokens[LogitCount++] = Tokens + i;
            }
        }

        HostStarts[_sequences.Count] = Tokens;
        HostRows[_sequences.Count] = sequence.Row;
        _sequences.Add(sequence);
        Tokens += tokens.Length;
        HostStarts[_sequences.Count] = Tokens;
        MostTokens = Math.Max(MostTokens, tokens.Length);
        MostSlots = Math.Max(MostSlots, sequence.Cache.MostSlots(sequence) + tokens.Length);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _block.Release();
        _host?.Dispose();
        _sampling?.Dispose();
    }

    /// <summary>Adds the next tokens of a sequence, and has the token after the last of them chosen on the device where that can be.</summary>
    /// <param name="sequence">The sequence.</param>
    /// <param name="tokens">The tokens, at least one.</param>
    /// <param name="sampling">How the token after them is chosen.</param>
    /// <param name="vocabulary">Values in a row of logits.</param>
    internal void Add(KvSequence sequence, ReadOnlySpan<int> tokens, in RowSampling sampling, int vocabulary)
    {
        Add(sequence, tokens, LogitRows.Last);
        _sampling?.TryAdd(LogitCount - 1, sampling, vocabulary);
    }

    /// <summary>Has the step give the signals that the policy of the sequence added last looks at, if it looks at such steps.</summary>
    /// <param name="moment">What the step is for that sequence.</param>
    /// <exception cref="InvalidOperationException">Another sequence of the step has the same signal measured otherwise.</exception>
    internal void Observe(KvMoment moment)
    {
        if (_sequences[^1].Policy is not KvPolicy policy || (policy.Observes & moment) == 0)
        {
            return;
        }

        SignalKinds kinds = policy.Signals;
        bool sameWindow = (Signals & kinds & SignalKinds.WindowMass) == 0 || WindowTokens == policy.WindowTokens;
        bool sameThreshold = (Signals & kinds & SignalKinds.Hits) == 0 || HitThreshold == policy.HitThreshold;
        if (!sameWindow || !sameThreshold)
        {
            throw new InvalidOperationException("Sequences of one step must agree on the window and the threshold of a signal.");
        }

        Signals |= kinds;
        WindowTokens = (kinds & SignalKinds.WindowMass) != 0 ? policy.WindowTokens : WindowTokens;
        HitThreshold = (kinds & SignalKinds.Hits) != 0 ? policy.HitThreshold : HitThreshold;
        if (policy.Watches)
        {
            _watched.Add(_sequences.Count - 1);
        }
    }

    /// <summary>The first token of the sequence at <paramref name="index"/> in <see cref="Sequences"/>.</summary>
    /// <param name="index">Its place.</param>
    internal int StartOf(int index) => HostStarts[index];

    /// <summary>Tokens of the sequence at <paramref name="index"/> in <see cref="Sequences"/>.</summary>
    /// <param name="index">Its place.</param>
    public int CountOf(int index) => HostStarts[index + 1] - HostStarts[index];

    /// <summary>Where the step's numbers lie on the device.</summary>
    internal DeviceStep View()
    {
        int sequences = _sequences.Count;
        var ragged = new RaggedBatch
        {
            Rows = _block.Rows(Kinds * (long)MaxTokens, sequences),
            Starts = _block.Rows((Kinds * (long)MaxTokens) + MaxSequences, sequences + 1),
            Positions = _block.Rows(MaxTokens, Tokens),
        };
        return new DeviceStep(_block.Rows(0, Tokens), _block.Rows(2L * MaxTokens, LogitCount), ragged);
    }

    /// <summary>Issues the copy of the step's numbers to the device.</summary>
    internal void IssueUpload()
    {
        _device.CopyIn(_block, _host, 0);
        Sampling?.IssueUpload();
    }

    /// <summary>Notes that a step was issued.</summary>
    internal void MarkPending() => _pending = true;

    /// <summary>Notes that nothing reads the host's block any more, after waiting where that is not known.</summary>
    internal void Settle(bool wait)
    {
        if (_pending && wait)
        {
            _device.Synchronize();
        }

        _pending = false;
    }

    private Span<int> HostPart(int first, int count) => _host.Values<int>(first * sizeof(int), count);

    internal readonly record struct DeviceStep(Tensor Tokens, Tensor LogitTokens, RaggedBatch Ragged);
}
