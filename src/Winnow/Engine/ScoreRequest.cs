using System;
using System.Threading.Tasks;
using Winnow.Models;

namespace Winnow.Engine;

/// <summary>Sums -ln p of each token of a text under the model, given the tokens before it; the first token is given.</summary>
internal sealed class ScoreRequest : EngineRequest
{
    private readonly TaskCompletionSource<double> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private double _sum;

    public ScoreRequest(EngineSequence sequence)
        : base(sequence)
    {
    }

    /// <summary>Completes with the sum over all tokens but the first, in nats.</summary>
    public Task<double> Done => _done.Task;

    /// <summary>What the sequence held of the KV cache at its end; null before, and where nothing had to be computed.</summary>
    public KvUsage? Usage { get; private set; }

    public override bool Begin()
    {
        Sequence.Goal = Sequence.Known - 1;
        return Sequence.Remaining <= 0;
    }

    public override LogitRows RowsOf(int tokens) => LogitRows.All;

    public override bool Advance(in StepOutput output)
    {
        int first = Sequence.Cached - output.Tokens;
        _sum = first == 0 ? 0 : _sum;
        for (int i = 0; i < output.Tokens; i++)
        {
            _sum += NegativeLogLikelihood(output.Logits(i), Sequence.Tokens[first + i + 1]);
        }

        if (Sequence.Remaining > 0)
        {
            return false;
        }

        Usage = KvUsage.Of(Sequence.Kv!.Cache, Sequence.Kv, Sequence.Cached);
        return true;
    }

    protected override void OnComplete() => _done.TrySetResult(_sum);

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

    private static double NegativeLogLikelihood(ReadOnlySpan<float> logits, int token)
    {
        float largest = float.NegativeInfinity;
        foreach (float logit in logits)
        {
            largest = Math.Max(largest, logit);
        }

        double sum = 0;
        foreach (float logit in logits)
        {
            sum += Math.Exp(logit - (double)largest);
        }

        return Math.Log(sum) + largest - logits[token];
    }
}
