using System;
using System.Threading.Tasks;
using Winnow.Models;

namespace Winnow.Engine;

/// <summary>Computes a text and pools its final hidden rows. Sums run in double and in the order of positions, so chunks make no difference.</summary>
internal sealed class EmbeddingRequest : EngineRequest
{
    private readonly EmbeddingPooling _pooling;
    private readonly bool _normalize;
    private readonly double[] _sums;
    private readonly TaskCompletionSource<float[]> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public EmbeddingRequest(EngineSequence sequence, int hidden, EmbeddingPooling pooling, bool normalize)
        : base(sequence)
    {
        _pooling = pooling;
        _normalize = normalize;
        _sums = new double[hidden];
    }

    /// <summary>Completes with the vector, F32 [hidden].</summary>
    public Task<float[]> Done => _done.Task;

    public override bool NeedsHidden => true;

    public override bool Begin()
    {
        Sequence.Goal = Sequence.Known;
        return false;
    }

    public override LogitRows RowsOf(int tokens) => LogitRows.None;

    public override bool Advance(in StepOutput output)
    {
        int first = Sequence.Cached - output.Tokens;
        if (first == 0)
        {
            // Also after a preemption, when the text is computed again.
            Array.Clear(_sums);
        }

        for (int i = 0; i < output.Tokens; i++)
        {
            if (Counts(first + i))
            {
                AddRow(output.Hidden(i));
            }
        }

        return Sequence.Remaining == 0;
    }

    protected override void OnComplete() => _done.TrySetResult(Pool());

    protected override void OnFail(Exception exception)
    {
        if (exception is OperationCanceledException cancelled)
        {
            _done.TrySetCanceled(cancelled.CancellationToken);
        }
        else
        {
            _done.TrySetException(exception);
        }
    }

    private bool Counts(int position) => _pooling switch
    {
        EmbeddingPooling.Last => position == Sequence.Known - 1,
        EmbeddingPooling.Cls => position == 0,
        _ => true,
    };

    private void AddRow(ReadOnlySpan<float> row)
    {
        for (int i = 0; i < row.Length; i++)
        {
            _sums[i] += row[i];
        }
    }

    private float[] Pool()
    {
        double scale = _pooling == EmbeddingPooling.Mean ? 1.0 / Sequence.Known : 1;
        if (_normalize)
        {
            double squares = 0;
            foreach (double sum in _sums)
            {
                squares += sum * sum;
            }

            // A row of zeros has no direction and stays as it is.
            scale = squares > 0 ? 1 / Math.Sqrt(squares) : 1;
        }

        return Array.ConvertAll(_sums, sum => (float)(sum * scale));
    }
}
