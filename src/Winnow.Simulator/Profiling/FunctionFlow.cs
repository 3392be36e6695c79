using System;
using System.Collections.Generic;
using System.Linq;
using Winnow.Simulator.Execution.Decoding;
using Winnow.Simulator.Profiling.Folding;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Profiling;

/// <summary>The registers of a function as the critical path knows them: numbered, with two more for what has no name.</summary>
internal sealed class FunctionFlow
{
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly PtxFunction _function;
    private readonly InstructionLatency _latencies;
    private readonly MachineCode? _code;

    /// <param name="function">The function.</param>
    /// <param name="instructions">Its instructions as they are executed.</param>
    /// <param name="latencies">How long they take.</param>
    /// <param name="code">What an assembler makes of it, whose times count; null for those of its instructions as they are.</param>
    public FunctionFlow(PtxFunction function, PtxInstruction[] instructions, LatencyTable latencies, MachineCode? code)
    {
        (_function, _latencies) = (function, new InstructionLatency(latencies));
        _code = code;
        foreach (string name in function.Registers.Keys)
        {
            _numbers.Add(name, _numbers.Count);
        }

        (Parameters, Carry, Registers) = (_numbers.Count, _numbers.Count + 1, _numbers.Count + 2);
        HashSet<int> targets = _code?.Targets ?? [.. function.Labels.Values, .. function.BranchTables.Values.SelectMany(static targets => targets)];
        Instructions = new InstructionFlow[instructions.Length];
        for (int i = 0; i < instructions.Length; i++)
        {
            Instructions[i] = Of(instructions[i], i, targets.Contains(i));
        }
    }

    /// <summary>Its instructions.</summary>
    public InstructionFlow[] Instructions { get; }

    /// <summary>How many registers there are.</summary>
    public int Registers { get; }

    /// <summary>The number that stands for all parameters of calls.</summary>
    public int Parameters { get; }

    /// <summary>The number that stands for the carry.</summary>
    private int Carry { get; }

    private InstructionFlow Of(PtxInstruction instruction, int place, bool beginsBlock)
    {
        FlowKind kind = KindOf(instruction);
        (int latency, PathPart part) = _code is null ? _latencies.Of(instruction) : _latencies.Of(instruction, _code.Costs[place]);
        UnitUse use = _code is null ? UnitUse.Of(instruction, latency) : UnitUse.Of(instruction, _code, place);
        bool hasResult = FunctionDecoder.HasResult(instruction);
        List<int> sources = [];
        List<int> results = [];
        if (instruction.Guard is not null)
        {
            Add(sources, instruction.Guard);
        }

        if (_code?.PredicateOf(place) is { } predicate)
        {
            Add(sources, predicate);
        }

        for (int i = 0; i < instruction.Operands.Length; i++)
        {
            Add(hasResult && i == 0 ? results : sources, instruction.Operands[i]);
        }

        AddNameless(instruction, sources, results);
        return new InstructionFlow
        {
            Sources = [.. sources],
            Results = [.. results],
            Kind = kind,
            Latency = latency,
            Part = part,
            Source = instruction,
            Use = use,
            Cost = _code?.Costs[place] ?? MachineCost.One,
            Class = _code?.IsUniform[place] == true ? InstructionClass.Other : InstructionTraits.Of(instruction).Class,
            BeginsBlock = beginsBlock,
            IsLoopHead = _code?.IsLoopHead(place) == true,
            IsOncePerRounds = _code?.IsOncePerRounds(place) == true,
            IsOrdered = IsOrdered(instruction) && !(_code is not null && (_code.IsFolded(place) || _code.IsOncePerRounds(place))),
            UsesL1 = !Array.Exists(instruction.Modifiers, static modifier => modifier is "cg" or "cv" or "volatile" or "relaxed" or "acquire" or "mmio"),
            PassesStores = instruction.Has("nc"),
            Pending = kind is FlowKind.WaitForCopies or FlowKind.WaitForProducts && instruction.Operands.Length > 0 ? (int)instruction.Operands[0].Bits : -1,
        };
    }

    /// <summary>Parameters of calls and the carry.</summary>
    private void AddNameless(PtxInstruction instruction, List<int> sources, List<int> results)
    {
        if (InstructionTraits.IsParameter(instruction) && !IsArgument(instruction))
        {
            (instruction.Opcode == "st" ? results : sources).Add(Parameters);
        }

        if (instruction.Has("cc"))
        {
            results.Add(Carry);
        }

        if (instruction.Opcode is "addc" or "subc" or "madc")
        {
            sources.Add(Carry);
        }
    }

    /// <summary>Whether a load is one of the kernel's arguments, which are there from the beginning.</summary>
    private bool IsArgument(PtxInstruction instruction) => _function.IsEntry && instruction.Opcode != "st"
        && Array.Exists(_function.Parameters, parameter => parameter.Name == instruction.Operands[^1].Name);

    private void Add(List<int> numbers, PtxOperand operand)
    {
        Add(numbers, operand.Name);
        foreach (PtxOperand part in operand.Parts)
        {
            Add(numbers, part);
        }
    }

    private void Add(List<int> numbers, string name)
    {
        if (_numbers.TryGetValue(name, out int number) && !numbers.Contains(number))
        {
            numbers.Add(number);
        }
    }

    private static FlowKind KindOf(PtxInstruction instruction) => instruction.Opcode switch
    {
        "ld" or "ldu" or "ldmatrix" => FlowKind.Load,
        "st" or "stmatrix" => InstructionTraits.IsParameter(instruction) || instruction.Has("async") ? FlowKind.Compute : FlowKind.Store,
        "atom" or "red" => FlowKind.Atomic,
        "membar" or "fence" => FlowKind.Fence,
        "mbarrier" when instruction.Has("test_wait") || instruction.Has("try_wait") => FlowKind.WaitForPhase,
        "wgmma" => instruction switch
        {
            _ when instruction.Has("commit_group") => FlowKind.CommitProducts,
            _ when instruction.Has("wait_group") => FlowKind.WaitForProducts,
            _ when instruction.Has("mma_async") => FlowKind.Product,
            _ => FlowKind.Compute,
        },
        "cp" when !instruction.Has("bulk") && !instruction.Has("mbarrier") => instruction switch
        {
            _ when instruction.Has("commit_group") => FlowKind.CommitCopies,
            _ when instruction.Has("wait_group") || instruction.Has("wait_all") => FlowKind.WaitForCopies,
            _ => FlowKind.Copy,
        },
        _ => FlowKind.Compute,
    };

    private static bool IsOrdered(PtxInstruction instruction) => instruction.Opcode switch
    {
        "bra" or "brx" or "call" or "ret" or "exit" or "trap" or "bar" or "barrier" or "membar" or "fence" or "mbarrier" or "griddepcontrol" or "wgmma" or "setmaxnreg" => true,
        "cp" => KindOf(instruction) != FlowKind.Copy,
        "st" => instruction.Has("async"),
        _ => false,
    };
}
