using System;
using System.Collections.Generic;
using System.Linq;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Profiling.Folding;

/// <summary>
/// What an assembler for Hopper should make of a function: for each instruction of PTX how many of the machine, none where it becomes part of those that read its result. The rules are what
/// such instructions can do, read from what an assembler made of one or two instructions of PTX alone; how often they apply in a kernel is not fitted to anything.
/// </summary>
/// <remarks>
/// Left out are registers that an assembler has to copy, values that it computes again or once for several in later blocks, and how it orders what is left.
/// </remarks>
internal sealed class MachineCode
{
    private const int MostOfAll = 255;

    private readonly MachineCost[] _costs;
    private readonly int[] _blocks;
    private readonly string?[] _predicates;
    private readonly HashSet<int> _heads = [];
    private readonly bool[] _isOnce;

    private MachineCode(PtxFunction function, PtxInstruction[] instructions)
    {
        (Function, Instructions, Uses) = (function, instructions, new RegisterUses(instructions));
        _costs = Array.ConvertAll(instructions, Expansions.Of);
        _predicates = new string?[instructions.Length];
        _isOnce = new bool[instructions.Length];
        IsUniform = new bool[instructions.Length];
        IsProduct = new bool[instructions.Length];
        Targets = [.. function.Labels.Values, .. function.BranchTables.Values.SelectMany(static targets => targets)];
        _blocks = new int[instructions.Length];
        for (int i = 1; i < instructions.Length; i++)
        {
            _blocks[i] = _blocks[i - 1] + (Targets.Contains(i) || instructions[i - 1].Opcode is "bra" or "brx" or "ret" or "exit" ? 1 : 0);
        }
    }

    /// <summary>The function.</summary>
    public PtxFunction Function { get; }

    /// <summary>Its instructions.</summary>
    public PtxInstruction[] Instructions { get; }

    /// <summary>Who reads and writes its registers.</summary>
    public RegisterUses Uses { get; }

    /// <summary>Which instructions are the same for all threads of a block and no more than whole numbers: they go to the uniform datapath, which takes a slot and no lanes.</summary>
    public bool[] IsUniform { get; }

    /// <summary>Which sums have become part of a product of whole numbers.</summary>
    public bool[] IsProduct { get; }

    /// <summary>Where branches lead that are left: places in the function.</summary>
    public HashSet<int> Targets { get; }

    /// <summary>The most registers that launch bounds leave a thread.</summary>
    public int MostRegisters
    {
        get
        {
            int blocks = Function.Directives.TryGetValue("minnctapersm", out int[]? least) && least is [> 0] ? least[0] : 1;
            return Math.Min(MostOfAll, Function.MaxThreads == 0 ? MostOfAll : UnitTable.Hopper.Registers / (Function.MaxThreads * blocks));
        }
    }

    /// <summary>What an assembler makes of each instruction.</summary>
    public ReadOnlySpan<MachineCost> Costs => _costs;

    /// <summary>All rules applied to a function.</summary>
    /// <param name="function">The function.</param>
    /// <param name="instructions">Its instructions as they are executed.</param>
    public static MachineCode Of(PtxFunction function, PtxInstruction[] instructions)
    {
        MachineCode code = new(function, instructions);
        CopyFolding.Apply(code);
        RepeatedValues.Apply(code);
        AddressFolding.Apply(code);
        LogicFolding.Apply(code);
        SumFolding.Apply(code);
        FloatFolding.Apply(code);
        UniformValues.Apply(code);
        BranchFolding.Apply(code);
        LoopUnrolling.Apply(code);
        return code;
    }

    /// <summary>Whether an instruction has become part of others.</summary>
    public bool IsFolded(int instruction) => _costs[instruction].Slots == 0;

    /// <summary>Makes an instruction part of others.</summary>
    public void Fold(int instruction) => _costs[instruction] = MachineCost.Folded;

    /// <summary>Gives an instruction another cost.</summary>
    public void Take(int instruction, MachineCost cost) => _costs[instruction] = cost;

    /// <summary>The predicate that a branch around an instruction asks for, where no branch is left; null elsewhere.</summary>
    public string? PredicateOf(int instruction) => _predicates[instruction];

    /// <summary>Lets an instruction have a predicate in the place of a branch around it.</summary>
    public void Predicate(int instruction, string predicate) => _predicates[instruction] = predicate;

    /// <summary>Whether an unrolled loop begins with an instruction.</summary>
    public bool IsLoopHead(int instruction) => _heads.Contains(instruction);

    /// <summary>Whether an unrolled loop has an instruction once in <see cref="LoopUnrolling.Rounds"/> rounds.</summary>
    public bool IsOncePerRounds(int instruction) => _isOnce[instruction];

    /// <summary>Unrolls a loop.</summary>
    /// <param name="head">Its first instruction.</param>
    /// <param name="once">What it needs once for all rounds; its branch is the last.</param>
    public void Unroll(int head, int[] once)
    {
        // What comes behind the branch begins a block, as the head does in one of the rounds; the branch itself holds nothing up.
        _heads.Add(head);
        Targets.Add(once[^1] + 1);
        Array.ForEach(once, instruction => _isOnce[instruction] = true);
    }

    /// <summary>Whether two instructions lie in one basic block.</summary>
    public bool AreTogether(int one, int other) => _blocks[one] == _blocks[other];

    /// <summary>The readers of an instruction that could become part of them: it is there, always executed, alone writes its one result, and no loop brings that to one before it; none elsewhere.</summary>
    public IReadOnlyList<RegisterUse> ReadersOf(int instruction)
    {
        PtxInstruction source = Instructions[instruction];
        bool isAlone = !IsFolded(instruction) && source.Guard is null && source.Operands is [{ Kind: PtxOperandKind.Register } result, ..] && Uses.WriterOf(result.Name) == instruction;
        IReadOnlyList<RegisterUse> readers = isAlone ? Uses.ReadersOf(source.Operands[0].Name) : [];
        return readers.All(use => use.Instruction > instruction) ? readers : [];
    }

    /// <summary>The one instruction, always executed, that writes an operand; below 0 for anything else.</summary>
    public int WriterOf(PtxOperand operand)
    {
        int writer = operand.Kind == PtxOperandKind.Register ? Uses.WriterOf(operand.Name) : -1;
        return writer >= 0 && Instructions[writer].Guard is null ? writer : -1;
    }

    /// <summary>Whether an operand is known when the kernel is assembled: a number, the address of a variable, or a register that holds one.</summary>
    public bool IsConstant(PtxOperand operand) => operand.Kind switch
    {
        PtxOperandKind.Immediate or PtxOperandKind.Symbol => true,
        PtxOperandKind.Register => WriterOf(operand) is var writer and >= 0 && Instructions[writer] is { Opcode: "mov", Operands: [_, var source] } && source.Parts.Length == 0
            && source.Kind is PtxOperandKind.Immediate or PtxOperandKind.Symbol,
        _ => false,
    };
}
