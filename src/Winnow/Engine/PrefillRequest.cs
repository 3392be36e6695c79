using System;
using System.Threading.Tasks;
using Winnow.Models;

namespace Winnow.Engine;

/// <summary>Appends tokens to a session and computes them, all but the last known one. All or nothing: an error takes them off again.</summary>
internal sealed class PrefillRequest : EngineRequest
{
    private readonly KvPagePool _pool;
    private readonly ReadOnlyMemory<int> _tokens;
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _before = -1;

    public PrefillRequest(EngineSequence sequence, KvPagePool pool, ReadOnlyMemory<int> tokens)
        : base(sequence)
    {
        _pool = pool;
        _tokens = tokens;
        KeepsSequence = true;
    }

    /// <summary>Completes when the tokens are in the session.</summary>
    public Task Done => _done.Task;

    public override bool Begin()
    {
        _before = Sequence.Known;
        Sequence.Add(_tokens.Span);
        Sequence.Goal = Sequence.Known - 1;
        return Sequence.Remaining <= 0;
    }

    public override LogitRows RowsOf(int tokens) => LogitRows.None;

    public override bool Advance(in StepOutput output) => Sequence.Remaining == 0;

    protected override void OnComplete() => _done.TrySetResult();

    protected override void OnFail(Exception exception)
    {
        try
        {
            Undo();
        }
        finally
        {
            Tell(exception);
        }
    }

    private void Undo()
    {
        if (_before >= 0)
        {
            Sequence.Truncate(_before);
            _pool.Truncate(Sequence, Math.Min(Sequence.Cached, Math.Max(0, _before - 1)));
        }
    }

    private void Tell(Exception exception)
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
}
