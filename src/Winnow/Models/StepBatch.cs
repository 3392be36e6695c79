using System;
using System.Collections.Generic;
using Winnow.Cache;
using Winnow.Kernels;
using Winnow.Kernels.Cache;

namespace Winnow.Models;

/// <summary>
/// The tokens of one step, of any number of sequences: filled on the host, uploaded once a step. Reused from step to step, so that
/// filling it allocates nothing.
/// </summary>
public sealed class StepBatch : IDisposable
{
    private readonly ComputeDevice _device;
    private readonly int[] _tokens;
    private readonly int[] _positions;
    private readonly int[] _rows;
    private readonly int[] _starts;
    private readonly int[] _logitTokens;
    private readonly List<KvSequence> _sequences;
    private readonly Tensor _deviceTokens;
    private readonly Tensor _devicePositions;
    private readonly Tensor _deviceRows;
    private readonly Tensor _deviceStarts;
    private readonly Tensor _deviceLogitTokens;

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
        _tokens = new int[maxTokens];
        _positions = new int[maxTokens];
        _logitTokens = new int[maxTokens];
        _rows = new int[maxSequences];
        _starts = new int[maxSequences + 1];
        _sequences = new List<KvSequence>(maxSequences);
        _deviceTokens = device.AllocateTensor(DType.I32, new Shape(maxTokens));
        _devicePositions = device.AllocateTensor(DType.I32, new Shape(maxTokens));
        _deviceLogitTokens = device.AllocateTensor(DType.I32, new Shape(maxTokens));
        _deviceRows = device.AllocateTensor(DType.I32, new Shape(maxSequences));
        _deviceStarts = device.AllocateTensor(DType.I32, new Shape(maxSequences + 1));
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
    public ReadOnlySpan<int> TokenIds => _tokens.AsSpan(0, Tokens);

    /// <summary>Empties the batch for the next step.</summary>
    public void Clear()
    {
        Tokens = 0;
        LogitCount = 0;
        _sequences.Clear();
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

        tokens.CopyTo(_tokens.AsSpan(Tokens));
        for (int i = 0; i < tokens.Length; i++)
        {
            _positions[Tokens + i] = sequence.Length + i;
            if (logits == LogitRows.All || (logits == LogitRows.Last && i == tokens.Length - 1))
            {
                _logitTokens[LogitCount++] = Tokens + i;
            }
        }

        _starts[_sequences.Count] = Tokens;
        _rows[_sequences.Count] = sequence.Row;
        _sequences.Add(sequence);
        Tokens += tokens.Length;
        _starts[_sequences.Count] = Tokens;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Tensor tensor in (ReadOnlySpan<Tensor>)[_deviceTokens, _devicePositions, _deviceLogitTokens, _deviceRows, _deviceStarts])
        {
            tensor.Buffer.Dispose();
        }
    }

    /// <summary>Tokens of the sequence at <paramref name="index"/> in <see cref="Sequences"/>.</summary>
    /// <param name="index">Its place.</param>
    public int CountOf(int index) => _starts[index + 1] - _starts[index];

    internal DeviceStep Upload()
    {
        int sequences = _sequences.Count;
        _device.Upload<int>(_deviceTokens, _tokens.AsSpan(0, Tokens));
        _device.Upload<int>(_devicePositions, _positions.AsSpan(0, Tokens));
        _device.Upload<int>(_deviceLogitTokens, _logitTokens.AsSpan(0, LogitCount));
        _device.Upload<int>(_deviceRows, _rows.AsSpan(0, sequences));
        _device.Upload<int>(_deviceStarts, _starts.AsSpan(0, sequences + 1));
        var ragged = new RaggedBatch
        {
            Rows = _deviceRows.Rows(0, sequences),
            Starts = _deviceStarts.Rows(0, sequences + 1),
            Positions = _devicePositions.Rows(0, Tokens),
        };
        return new DeviceStep(_deviceTokens.Rows(0, Tokens), _deviceLogitTokens.Rows(0, LogitCount), ragged);
    }

    internal readonly record struct DeviceStep(Tensor Tokens, Tensor LogitTokens, RaggedBatch Ragged);
}
