using System;

namespace Winnow.Simulator.Ptx;

/// <summary>The text of a module and what it is called.</summary>
/// <param name="Text">The text.</param>
/// <param name="Name">What messages call it.</param>
internal sealed record PtxSource(string Text, string Name)
{
    /// <summary>The error of a place in the text.</summary>
    /// <param name="position">A place in the text.</param>
    /// <param name="line">Its line, from 1.</param>
    /// <param name="problem">What is wrong there, without a full stop.</param>
    public PtxParseException Error(int position, int line, string problem)
    {
        int start = position == 0 ? 0 : Text.LastIndexOf('\n', Math.Min(position, Text.Length) - 1) + 1;
        int end = Text.IndexOf('\n', start);
        return new PtxParseException(Name, line, Text[start..(end < 0 ? Text.Length : end)].Trim(), problem);
    }
}
