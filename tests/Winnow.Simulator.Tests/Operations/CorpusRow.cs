using System;

namespace Winnow.Simulator.Tests.Operations;

/// <summary>
/// One instruction (now and then with a companion that brings its result into <c>%d</c>) and what it is to give, computed in plain C#.
/// The registers <c>%d %a %b %c</c> have the kinds' widths; <c>%p0..3</c>, <c>%h0..3</c>, <c>%r0..3</c> and <c>%w0..3</c> are scratch of 1, 16, 32 and 64 bits.
/// </summary>
/// <param name="Text">The instructions.</param>
/// <param name="D">What <c>%d</c> holds.</param>
/// <param name="Inputs">What <c>%a</c>, <c>%b</c>, <c>%c</c> hold.</param>
/// <param name="Expected">The bits of <c>%d</c> from those of the operands.</param>
internal sealed record CorpusRow(string Text, ValueKind D, ValueKind[] Inputs, Func<ulong, ulong, ulong, ulong> Expected)
{
    /// <summary>How many steps between neighbouring floats the result may be off; 0 but for approximations.</summary>
    public int Ulps { get; init; }

    /// <summary>What the row is called: its text up to the first space or, for several instructions, the whole.</summary>
    public string Name => Text;

    /// <summary>The kind of an operand; none beyond the last.</summary>
    public ValueKind Input(int index) => index < Inputs.Length ? Inputs[index] : ValueKind.None;

    /// <summary>Whether the result is right.</summary>
    public bool Accepts(ulong expected, ulong actual)
    {
        if (expected == actual)
        {
            return true;
        }

        // The ISA leaves the bits of a double's NaN open.
        if (D == ValueKind.F64 && double.IsNaN(Bits.D(expected)))
        {
            return double.IsNaN(Bits.D(actual));
        }

        return D is ValueKind.F16x2 or ValueKind.B16x2
            ? IsNear(expected & 0xFFFF, actual & 0xFFFF) && IsNear(expected >> 16, actual >> 16)
            : IsNear(expected, actual);
    }

    private bool IsNear(ulong expected, ulong actual) => Math.Abs((long)expected - (long)actual) <= Ulps;

    public override string ToString() => Text;
}
