using System;
using System.Collections.Generic;

namespace Winnow.Simulator.Ptx;

/// <summary>A parsed PTX module.</summary>
internal sealed class PtxModule
{
    /// <summary>What messages call it.</summary>
    public required string Name { get; init; }

    /// <summary>The version of the PTX language, for instance <c>8.4</c>.</summary>
    public required string Version { get; init; }

    /// <summary>The architecture it is meant for, for instance <c>sm_80</c>.</summary>
    public required string Target { get; init; }

    /// <summary>Whether it is meant for Hopper.</summary>
    public bool IsForHopper => Target.StartsWith("sm_90", StringComparison.Ordinal);

    /// <summary>The width of addresses: 64.</summary>
    public required int AddressSize { get; init; }

    /// <summary>Variables outside functions, by name, in the order of the text.</summary>
    public required IReadOnlyDictionary<string, PtxVariable> Variables { get; init; }

    /// <summary>Kernels and functions that have a body, by name.</summary>
    public required IReadOnlyDictionary<string, PtxFunction> Functions { get; init; }

    /// <summary>Parses PTX text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="name">What messages call it, for instance the path of its source.</param>
    /// <exception cref="PtxParseException">The text is no PTX, or uses what the simulator does not know.</exception>
    public static PtxModule Parse(string text, string name) => new PtxParser(new PtxSource(text, name)).ParseModule();

    /// <summary>The variable that an operand of a function names; null where it names a function.</summary>
    /// <param name="function">The function.</param>
    /// <param name="name">The operand's name.</param>
    public PtxVariable? FindVariable(PtxFunction function, string name)
        => function.Variables.TryGetValue(name, out PtxVariable? variable) ? variable : Variables.GetValueOrDefault(name);
}
