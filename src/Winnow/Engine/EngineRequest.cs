using System;
using Winnow.Models;

namespace Winnow.Engine;

/// <summary>Something to be done with a sequence over one or several steps. All members run on the engine thread, except the constructors.</summary>
internal abstract class EngineRequest
{
    protected EngineRequest(EngineSequence sequence) => Sequence = sequence;

    public EngineSequence Sequence { get; }

    /// <summary>True where the sequence is a session's and outlives the request.</summary>
    public bool KeepsSequence { get; init; }

    /// <summary>Whether the final hidden rows are needed.</summary>
    public virtual bool NeedsHidden => false;

    /// <summary>True once <see cref="Complete"/> or <see cref="Fail"/> was called.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Sets the goal of the sequence. May throw to refuse the request.</summary>
    /// <returns>True where there is nothing to compute.</returns>
    public abstract bool Begin();

    /// <summary>Which rows of logits are needed of the next tokens of the sequence.</summary>
    public abstract LogitRows RowsOf(int tokens);

    /// <summary>How the token after the next ones of the sequence is chosen, for devices that choose it themselves; null where none is.</summary>
    /// <param name="tokens">How many tokens the step computes.</param>
    public virtual RowSampling? SamplingOf(int tokens) => null;

    /// <summary>Uses what a step computed; the sequence's cached tokens include it already.</summary>
    /// <returns>True when the request is done.</returns>
    public abstract bool Advance(in StepOutput output);

    /// <summary>Ends the request well, after its pages were given back.</summary>
    public void Complete()
    {
        HasEnded = true;
        OnComplete();
    }

    /// <summary>Ends the request with an error, after its pages were given back.</summary>
    public void Fail(Exception exception)
    {
        if (!HasEnded)
        {
            HasEnded = true;
            OnFail(exception);
        }
    }

    protected abstract void OnComplete();

    protected abstract void OnFail(Exception exception);
}
