using System;
using Winnow.Kernels;
using Winnow.Kernels.Sampling;

namespace Winnow.Models;

/// <summary>
/// The part of a step that chooses tokens where the logits are, so that a row of them need not travel to the host: parameters, recent
/// tokens and biases of each row in one block on both sides, and the choices in another. Allocated once; filling it allocates nothing.
/// </summary>
internal sealed class StepSampling : IDisposable
{
    // How far back penalties look on the device, and how many biases a step has room for; what asks for more is sampled on the host.
    private const int HistoryTokens = 256;
    private const int MostBiases = 1024;
    private const int BiasBytes = 2 * sizeof(int);
    private const int Results = 3;

    private readonly ComputeDevice _device;
    private readonly int _rows;
    private readonly Tensor _block;
    private readonly Tensor _results;
    private readonly HostBuffer _hostBlock = null!;
    private readonly HostBuffer _hostResults = null!;
    private int _biases;

    /// <param name="device">The device that runs the steps.</param>
    /// <param name="rows">Rows of logits that can be sampled in one step: the first so many.</param>
    public StepSampling(ComputeDevice device, int rows)
    {
        (_device, _rows) = (device, rows);
        try
        {
            _block = device.AllocateTensor(DType.U8, new Shape(BiasStart + (MostBiases * BiasBytes)));
            _results = device.AllocateTensor(DType.I32, new Shape(Results, rows));
            _hostBlock = device.AllocateHost(_block.Bytes);
            _hostResults = device.AllocateHost(_results.Bytes);
        }
        catch
        {
            Dispose();
            throw;
        }

        _hostBlock.Values<byte>(0, (int)_block.Bytes).Clear();
    }

    /// <summary>Rows that the step samples here.</summary>
    public int Count { get; private set; }

    /// <summary>How often the device goes through their logits.</summary>
    public int Passes { get; private set; }

    private long HistoryStart => (long)_rows * SamplingRow.Bytes;

    private long BiasStart => HistoryStart + ((long)_rows * HistoryTokens * sizeof(int));

    private Span<SamplingRow> HostRows => _hostBlock.Values<SamplingRow>(0, _rows);

    /// <summary>Empties it for the next step.</summary>
    public void Clear()
    {
        HostRows.Clear();
        (_biases, Count, Passes) = (0, 0, 0);
    }

    /// <summary>Takes a row, if the device can sample it.</summary>
    /// <param name="row">The row of logits.</param>
    /// <param name="sampling">How it is sampled.</param>
    /// <param name="vocabulary">Values in a row.</param>
    /// <returns>False where it is to be sampled on the host.</returns>
    public bool TryAdd(int row, in RowSampling sampling, int vocabulary)
    {
        if (row >= _rows || !SamplingRow.CanHold(sampling.Chain, HistoryTokens))
        {
            return false;
        }

        ReadOnlySpan<TokenBias> biases = SamplingRow.BiasesOf(sampling.Chain);
        if (biases.Length > MostBiases - _biases || (biases.Length > 0 && biases[^1].Token >= vocabulary))
        {
            return false;
        }

        ReadOnlySpan<int> known = sampling.State.Tokens;
        ReadOnlySpan<int> recent = known[Math.Max(0, known.Length - HistoryTokens)..];
        recent.CopyTo(_hostBlock.Values<int>(HistoryStart + ((long)row * HistoryTokens * sizeof(int)), HistoryTokens));
        biases.CopyTo(_hostBlock.Values<TokenBias>(BiasStart + ((long)_biases * BiasBytes), biases.Length));
        HostRows[row] = SamplingRow.Create(sampling.Chain, 0, sampling.Position) with
        {
            HistoryLength = recent.Length,
            HistorySlot = row,
            BiasStart = _biases,
        };
        _biases += biases.Length;
        Passes = Math.Max(Passes, HostRows[row].Passes);
        Count++;
        return true;
    }

    /// <summary>Issues the copy of the parameters to the device.</summary>
    public void IssueUpload() => _device.CopyIn(_block, _hostBlock, 0);

    /// <summary>Issues the sampling of the step's rows and the copy of the choices to the host.</summary>
    /// <param name="logits">F32 [rows, vocab].</param>
    public void Issue(Tensor logits)
    {
        int rows = (int)Math.Min(_rows, logits.Shape[0]);
        var history = new Tensor(_block.Buffer, HistoryStart, DType.I32, new Shape(_rows, HistoryTokens));
        _device.Sampling.SampleRows(new SamplingBatch
        {
            Logits = logits.Rows(0, rows),
            Rows = new Tensor(_block.Buffer, 0, DType.U8, new Shape(rows, SamplingRow.Bytes)),
            Tokens = ResultsOf(0, DType.I32, rows),
            LogProbabilities = ResultsOf(1, DType.F32, rows),
            Statuses = ResultsOf(2, DType.I32, rows),
            History = history,
            Biases = new Tensor(_block.Buffer, BiasStart, DType.I32, new Shape(MostBiases, 2)),
            Passes = Passes,
        });
        _device.CopyOut(_hostResults, 0, _results);
    }

    /// <summary>What the last step chose for a row, once the device is done.</summary>
    /// <param name="row">The row of logits.</param>
    /// <param name="result">The choice.</param>
    /// <returns>False where the row was not sampled here.</returns>
    /// <exception cref="WinnowException">No token could be chosen; the message says why.</exception>
    public bool TryRead(int row, out SampleResult result)
    {
        result = default;
        if (row >= _rows || HostRows[row] == default)
        {
            return false;
        }

        ReadOnlySpan<int> results = _hostResults.Values<int>(0, Results * _rows);
        ((SamplingStatus)results[(2 * _rows) + row]).Check();
        float logProbability = BitConverter.Int32BitsToSingle(results[_rows + row]);
        result = new SampleResult(results[row], logProbability, 0);
        return true;
    }

    public void Dispose()
    {
        _block.Release();
        _results.Release();
        _hostBlock?.Dispose();
        _hostResults?.Dispose();
    }

    private Tensor ResultsOf(int kind, DType type, int rows) =>
        new(_results.Buffer, (long)kind * _rows * sizeof(int), type, new Shape(rows));
}
