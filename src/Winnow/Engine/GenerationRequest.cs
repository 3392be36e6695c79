using System;
using System.Diagnostics;
using System.Threading.Channels;
using System.Threading.Tasks;
using Winnow.Kernels.Sampling;
using Winnow.Models;

namespace Winnow.Engine;

/// <summary>Computes a prompt, then samples token after token. Pieces go into a channel without a bound, so a slow reader stalls nobody
/// and loses nothing; the context bounds what can pile up.</summary>
internal sealed class GenerationRequest : EngineRequest
{
    // Enough for most answers without growing; requests in a long line should not each hold memory for a full context.
    private const int ReservedTokens = 1024;

    private readonly ISampling _sampling;
    private readonly GenerationPlan _plan;
    private readonly TextAssembler _text;
    private readonly SamplerState _state;
    private readonly TokenLogProbability[] _top;
    private readonly Channel<GeneratedPiece> _pieces = Channel.CreateUnbounded<GeneratedPiece>(
        new UnboundedChannelOptions { SingleReader = true, SingleWriter = true, AllowSynchronousContinuations = false });

    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long _started = Stopwatch.GetTimestamp();
    private long _firstToken;
    private int _promptTokens;
    private int _cachedTokens = -1;
    private int _generated;

    public GenerationRequest(EngineSequence sequence, ISampling sampling, GenerationPlan plan, TextAssembler text)
        : base(sequence)
    {
        _sampling = sampling;
        _plan = plan;
        _text = text;
        _top = new TokenLogProbability[plan.TopCount];
        int capacity = sequence.Known + Math.Min(plan.MaxTokens, ReservedTokens);
        _state = new SamplerState(capacity);
        _state.Accept(sequence.Tokens);
        sequence.EnsureCapacity(capacity);
    }

    /// <summary>The pieces, in order; ends with the request's error where there is one.</summary>
    public ChannelReader<GeneratedPiece> Pieces => _pieces.Reader;

    /// <summary>Completes, never with an error, when the engine is done with the request and its pages are free.</summary>
    public Task Ended => _ended.Task;

    public override bool Begin()
    {
        _promptTokens = Sequence.Known;
        Sequence.Goal = Sequence.Known;
        if (_plan.MaxTokens > 0)
        {
            return false;
        }

        _pieces.Writer.TryWrite(new GeneratedPiece { TokenId = -1, FinishReason = _plan.MaxReason, Usage = MakeUsage() });
        return true;
    }

    public override LogitRows RowsOf(int tokens) => tokens == Sequence.Remaining ? LogitRows.Last : LogitRows.None;

    // The most probable tokens are listed from the logits, so those are needed on the host.
    public override RowSampling? SamplingOf(int tokens) =>
        tokens == Sequence.Remaining && _top.Length == 0 ? new RowSampling(_plan.Chain, _state, Sequence.Known) : null;

    public override bool Advance(in StepOutput output)
    {
        if (_cachedTokens < 0)
        {
            _cachedTokens = Sequence.Cached - output.Tokens;
        }

        if (Sequence.Remaining > 0)
        {
            return false;
        }

        if (!output.TrySample(out SampleResult sample))
        {
            sample = _sampling.Sample(output.Logits(0), _plan.Chain, _state, 0, Sequence.Known, _top);
        }

        _firstToken = _generated == 0 ? Stopwatch.GetTimestamp() : _firstToken;
        _generated++;
        _state.Accept(sample.Token);
        Sequence.Add(sample.Token);
        Sequence.Goal = Sequence.Known;
        return Emit(sample);
    }

    protected override void OnComplete()
    {
        _pieces.Writer.TryComplete();
        _ended.TrySetResult();
    }

    protected override void OnFail(Exception exception)
    {
        _pieces.Writer.TryComplete(exception);
        _ended.TrySetResult();
    }

    private bool Emit(SampleResult sample)
    {
        bool stopped = false;
        bool ends = _plan.EndTokens.Contains(sample.Token);
        string text = ends ? "" : _text.Push(sample.Token, out stopped);
        FinishReason? reason = ends ? FinishReason.EndOfText
            : stopped ? FinishReason.Stop
            : _generated >= _plan.MaxTokens ? _plan.MaxReason : null;
        if (reason is not null && !stopped)
        {
            text += _text.Finish(out stopped);
            reason = stopped ? FinishReason.Stop : reason;
        }

        _pieces.Writer.TryWrite(new GeneratedPiece
        {
            Text = text,
            TokenId = sample.Token,
            LogProbability = sample.LogProbability,
            TopLogProbabilities = _top.Length == 0 ? null : _top.AsSpan(0, sample.TopCount).ToArray(),
            FinishReason = reason,
            Usage = reason is null ? null : MakeUsage(),
        });
        return reason is not null;
    }

    private Usage MakeUsage()
    {
        TimeSpan duration = Stopwatch.GetElapsedTime(_started);
        return new Usage
        {
            PromptTokens = _promptTokens,
            GeneratedTokens = _generated,
            CachedTokens = Math.Max(0, _cachedTokens),
            TimeToFirstToken = _generated == 0 ? duration : Stopwatch.GetElapsedTime(_started, _firstToken),
            Duration = duration,
            Seed = _plan.Chain.Seed,
        };
    }
}
