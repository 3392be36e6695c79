using System;
using System.Collections.Generic;
using Winnow.Simulator.Profiling;
using Winnow.Simulator.Profiling.Folding;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Execution;

/// <summary>A decoded function.</summary>
internal sealed class FunctionCode(PtxFunction function)
{
    /// <summary>What it was decoded from.</summary>
    public PtxFunction Function { get; } = function;

    /// <summary>Its operations; the last is the return that every function ends with.</summary>
    public Step[] Steps { get; set; } = [];

    /// <summary>Whether it has products of warpgroups, so that <see cref="Frame.Products"/> is there.</summary>
    public bool HasProducts { get; set; }

    /// <summary>What a profile counts for each of <see cref="Steps"/>; asked only where one is taken.</summary>
    public InstructionTraits[] Traits => field ??= Array.ConvertAll(Steps, step => InstructionTraits.Of(step.Operation.Source));

    /// <summary>What an assembler makes of it; asked only where a profile is taken.</summary>
    public MachineCode Machine => field ??= MachineCode.Of(Function, Array.ConvertAll(Steps, static step => step.Operation.Source));

    /// <summary>Registers that a thread needs at least: those that are alive at a time, as far as launch bounds leave as many.</summary>
    public int LiveRegisters => field > 0 ? field : field = Math.Clamp(Profiling.Folding.LiveRegisters.Of(Machine), 1, Machine.MostRegisters);

    /// <summary>Where lanes come together again that part at each of <see cref="Steps"/>: <see cref="PostDominators.JoinsOf"/>.</summary>
    public int[] Joins => field ??= PostDominators.JoinsOf(Steps);

    /// <summary>What the critical path asks of it; null until <see cref="FlowBy"/> was called.</summary>
    public FunctionFlow? Flow { get; private set; }

    /// <summary>Its register file as it is when the function begins, special registers aside.</summary>
    public byte[] Template { get; set; } = [];

    /// <summary>The special registers that it reads.</summary>
    public IReadOnlyList<SpecialRegister> Specials { get; set; } = [];

    /// <summary>Where parameters begin in the local memory that one call of it takes; its local variables come first.</summary>
    public int ParameterBase { get; } = (function.LocalBytes + 15) & -16;

    /// <summary>Local memory that one call of it takes, bytes: local variables and parameters.</summary>
    public int LocalBytes => (ParameterBase + Function.FrameBytes + 15) & -16;

    /// <summary>Where a variable lies in the local memory of a call.</summary>
    /// <param name="variable">A local variable or a parameter that is not one of a kernel.</param>
    public int LocalOffsetOf(PtxVariable variable) => variable.Space == PtxSpace.Local ? variable.Offset : ParameterBase + variable.Offset;

    /// <summary>What the critical path asks of it, found when it is asked for the first time.</summary>
    /// <param name="latencies">How long instructions take: the same for all launches of a simulator.</param>
    /// <param name="isAssembled">Whether times are those of what an assembler makes of it.</param>
    public FunctionFlow FlowBy(LatencyTable latencies, bool isAssembled)
        => Flow ??= new FunctionFlow(Function, Array.ConvertAll(Steps, static step => step.Operation.Source), latencies, isAssembled ? Machine : null);

    /// <summary>Whether a variable is a parameter of a kernel, which lies in the argument block of the launch.</summary>
    /// <param name="variable">A variable of the function.</param>
    public bool IsArgument(PtxVariable variable) => Function.IsEntry && Array.IndexOf(Function.Parameters, variable) >= 0;
}
