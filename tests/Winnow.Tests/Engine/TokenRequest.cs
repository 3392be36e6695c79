using System;
using System.Linq;
using Winnow.Cache.Policies;
using Winnow.Engine;
using Winnow.Kernels.Sampling;
using Winnow.Models;

namespace Winnow.Tests.Engine;

/// <summary>Generates tokens without an end and hands out nothing.</summary>
internal sealed class TokenRequest : EngineRequest
{
    private readonly ISampling _sampling;
    private readonly SamplerChain _chain;
    private readonly SamplerState _state = new(TinyModel.ContextTokens);

    public TokenRequest(ISampling sampling, SamplerChain chain, int promptTokens, KvPolicy? policy = null)
        : base(new EngineSequence([.. Enumerable.Range(4, promptTokens)], TinyModel.ContextTokens) { Policy = policy, ChunkTokens = policy is null ? 0 : 64 })
    {
        (_sampling, _chain) = (sampling, chain);
        _state.Accept(Sequence.Tokens);
    }

    public override bool Begin()
    {
        Sequence.Goal = Sequence.Known;
        return false;
    }

    public override LogitRows RowsOf(int tokens) => tokens == Sequence.Remaining ? LogitRows.Last : LogitRows.None;

    public override RowSampling? SamplingOf(int tokens) =>
        tokens == Sequence.Remaining ? new RowSampling(_chain, _state, Sequence.Known) : null;

    public override bool Advance(in StepOutput output)
    {
        if (Sequence.Remaining == 0)
        {
            int token = output.TrySample(out SampleResult sample)
                ? sample.Token
                : _sampling.Sample(output.Logits(0), _chain, _state, 0, Sequence.Known).Token;
            _state.Accept(token);
            Sequence.Add(token);
            Sequence.Goal = Sequence.Known;
        }

        return false;
    }

    protected override void OnComplete() => throw new InvalidOperationException("it never ends by itself");

    protected override void OnFail(Exception exception) => throw exception;
}
