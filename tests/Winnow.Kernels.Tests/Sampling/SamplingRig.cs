using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using Winnow.Kernels.Sampling;

namespace Winnow.Kernels.Tests.Sampling;

/// <summary>Cases as one batch on a device, with poison where nothing may be read and guards behind every tensor.</summary>
internal sealed class SamplingRig : IDisposable
{
    public const int HistoryCapacity = 37;
    private const int Poison = int.MinValue;

    private readonly TestTensors _tensors;
    private readonly IReadOnlyList<SamplingCase> _cases;
    private readonly Tensor _logits;
    private readonly SamplingBatch _batch;

    public SamplingRig(ComputeDevice device, IReadOnlyList<SamplingCase> cases, int top = 0, bool advance = false, bool known = true)
    {
        (_tensors, _cases) = (new TestTensors(device), cases);
        int rows = cases.Count, vocab = cases[0].Logits.Length;
        var biases = new List<TokenBias> { new(0, float.NaN) };
        SamplingRow[] parameters = [.. cases.Select((one, r) => RowOf(one, r, rows, biases))];
        _logits = _tensors.Of([.. cases.SelectMany(one => one.Logits)], rows, vocab);
        _batch = new SamplingBatch
        {
            Logits = _logits,
            Rows = _tensors.Of<byte>(DType.U8, MemoryMarshal.AsBytes(parameters.AsSpan()).ToArray()),
            Tokens = _tensors.Of(Filled(rows), rows),
            LogProbabilities = _tensors.Of(new float[rows], rows),
            Statuses = _tensors.Of(Filled(rows), rows),
            TopTokens = top == 0 ? default : _tensors.Of(Filled(rows * top), rows, top),
            TopLogProbabilities = top == 0 ? default : _tensors.Of(new float[rows * top], rows, top),
            History = _tensors.Of(HistoryOf(cases), rows + 1, HistoryCapacity),
            Biases = _tensors.Of(MemoryMarshal.Cast<TokenBias, int>(biases.ToArray()).ToArray(), biases.Count, 2),
            Advance = advance,
            Passes = known ? parameters.Max(one => one.Passes) : 0,
        };
    }

    public int[] Tokens => _tensors.Ints(_batch.Tokens);

    public float[] LogProbabilities => _tensors.Floats(_batch.LogProbabilities);

    public SamplingStatus[] Statuses => [.. _tensors.Ints(_batch.Statuses).Select(status => (SamplingStatus)status)];

    public int[] TopTokens => _tensors.Ints(_batch.TopTokens);

    public float[] TopLogProbabilities => _tensors.Floats(_batch.TopLogProbabilities);

    /// <summary>Every byte of tokens, probabilities and lists of the best.</summary>
    public byte[] Results =>
        [
            .. _tensors.Bytes(_batch.Tokens), .. _tensors.Bytes(_batch.LogProbabilities), .. _tensors.Bytes(_batch.Statuses),
            .. _tensors.Bytes(_batch.TopTokens), .. _tensors.Bytes(_batch.TopLogProbabilities),
        ];

    public SamplingRow[] Rows => MemoryMarshal.Cast<byte, SamplingRow>(_tensors.Bytes(_batch.Rows)).ToArray();

    public int[] History => _tensors.Ints(_batch.History);

    public bool LogitsAreUnchanged => _tensors.Floats(_logits).AsSpan().SequenceEqual([.. _cases.SelectMany(one => one.Logits)])
        || _cases.Any(one => one.Logits.Any(float.IsNaN));

    public SamplingRig Run()
    {
        _tensors.Device.Sampling.SampleRows(_batch);
        return this;
    }

    /// <summary>One step as a recording; null where the device has none.</summary>
    public DeviceRecording? Record() => _tensors.Device.Record(() => _tensors.Device.Sampling.SampleRows(_batch));

    public void SetRow(int row, SamplingRow parameters)
    {
        SamplingRow[] rows = Rows;
        rows[row] = parameters;
        _tensors.Device.Upload<SamplingRow>(_batch.Rows, rows);
    }

    public void Dispose() => _tensors.Dispose();

    // Slots in reverse, so that row and slot are not the same thing; the last slot is nobody's.
    private static SamplingRow RowOf(SamplingCase one, int row, int rows, List<TokenBias> biases)
    {
        SamplingRow parameters = SamplingRow.Create(one.Chain, one.Sequence, one.Position) with
        {
            HistorySlot = rows - 1 - row,
            HistoryLength = one.History.Length,
            BiasStart = biases.Count,
        };
        biases.AddRange(SamplingRow.BiasesOf(one.Chain));
        return parameters;
    }

    private static int[] HistoryOf(IReadOnlyList<SamplingCase> cases)
    {
        int[] history = Filled((cases.Count + 1) * HistoryCapacity);
        for (int r = 0; r < cases.Count; r++)
        {
            int slot = cases.Count - 1 - r;
            for (int i = 0; i < cases[r].History.Length; i++)
            {
                history[(slot * HistoryCapacity) + (i % HistoryCapacity)] = cases[r].History[i];
            }
        }

        return history;
    }

    private static int[] Filled(int count) => [.. Enumerable.Repeat(Poison, count)];
}
