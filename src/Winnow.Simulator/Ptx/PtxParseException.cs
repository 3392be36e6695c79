namespace Winnow.Simulator.Ptx;

/// <summary>PTX text that the simulator cannot read, or that is no PTX.</summary>
internal sealed class PtxParseException : WinnowException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="module">What the text is called.</param>
    /// <param name="line">The line in the text, from 1.</param>
    /// <param name="text">The text of that line.</param>
    /// <param name="problem">What is wrong with it, without a full stop.</param>
    public PtxParseException(string module, int line, string text, string problem)
        : base($"{module}: line {line} of the PTX: {problem}: {text}")
    {
        (Line, Text) = (line, text);
    }

    /// <summary>The line in the PTX, from 1.</summary>
    public int Line { get; }

    /// <summary>The text of that line.</summary>
    public string Text { get; }
}
