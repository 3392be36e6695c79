using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Execution.Decoding;

/// <summary>The error of an instruction that the simulator does not know.</summary>
internal static class Unknown
{
    /// <summary>Makes it.</summary>
    /// <param name="module">What the text is called.</param>
    /// <param name="instruction">The instruction.</param>
    /// <param name="reason">What about it; empty where all of it.</param>
    public static PtxParseException Instruction(string module, PtxInstruction instruction, string reason = "")
        => new(module, instruction.PtxLine, instruction.Text, "the simulator does not know this instruction" + (reason.Length == 0 ? "" : $" ({reason})"));
}
