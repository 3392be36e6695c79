using System;
using Winnow.Kernels.Sampling;
using Winnow.Models;

namespace Winnow.Engine;

/// <summary>What a step computed for one sequence.</summary>
internal readonly ref struct StepOutput
{
    private readonly Decoder _decoder;
    private readonly int _firstRow;
    private readonly int _firstToken;

    public StepOutput(Decoder decoder, int firstRow, int firstToken, int tokens)
    {
        _decoder = decoder;
        _firstRow = firstRow;
        _firstToken = firstToken;
        Tokens = tokens;
    }

    /// <summary>How many of the sequence's tokens were computed.</summary>
    public int Tokens { get; }

    /// <summary>A row of logits that was asked for, F32 [vocab]; valid until the next step.</summary>
    public Span<float> Logits(int row) => _decoder.Logits(_firstRow + row);

    /// <summary>The token that the device chose for the first row of logits, where it did.</summary>
    public bool TrySample(out SampleResult sample) => _decoder.TrySample(_firstRow, out sample);

    /// <summary>The final hidden row of one of the tokens, F32 [hidden].</summary>
    public ReadOnlySpan<float> Hidden(int token) => _decoder.HiddenRow(_firstToken + token);
}
