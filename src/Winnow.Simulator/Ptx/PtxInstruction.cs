using System;

namespace Winnow.Simulator.Ptx;

/// <summary>One statement of a PTX function, as written.</summary>
internal sealed record PtxInstruction
{
    /// <summary>The part before the first dot: <c>mad</c> of <c>mad.lo.s32</c>, <c>mma</c> of <c>mma.sync.aligned.m16n8k16...</c>.</summary>
    public required string Opcode { get; init; }

    /// <summary>The parts after it, without dots, in order: <c>lo</c>, <c>s32</c>. A part like <c>L2::128B</c> keeps its colons.</summary>
    public required string[] Modifiers { get; init; }

    /// <summary>The operands, in order. A call always has three: the returned parameters, the function, the parameters passed.</summary>
    public required PtxOperand[] Operands { get; init; }

    /// <summary>The predicate register that guards it, with its percent sign; null where there is none.</summary>
    public string? Guard { get; init; }

    /// <summary>True for <c>@!%p</c>.</summary>
    public bool GuardNegated { get; init; }

    /// <summary>The statement's text, for messages.</summary>
    public required string Text { get; init; }

    /// <summary>Its line in the PTX, from 1.</summary>
    public required int PtxLine { get; init; }

    /// <summary>The file of its last <c>.loc</c>; empty where there is none.</summary>
    public string File { get; init; } = "";

    /// <summary>The line in <see cref="File"/>, from 1; 0 where there is none.</summary>
    public int Line { get; init; }

    /// <summary>That place with those that it was inlined at, the outermost first: <c>k.cu(28) &gt; c.cuh(49)</c>; empty where there is none.</summary>
    public string Place { get; init; } = "";

    /// <summary>Whether a modifier is there.</summary>
    public bool Has(string modifier) => Array.IndexOf(Modifiers, modifier) >= 0;
}
