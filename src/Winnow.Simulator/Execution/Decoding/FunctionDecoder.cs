using System;
using System.Collections.Generic;
using Winnow.Simulator.Execution.Control;
using Winnow.Simulator.Operations;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Execution.Decoding;

/// <summary>Decodes one function.</summary>
/// <param name="program">The program it belongs to.</param>
/// <param name="code">Takes its operations.</param>
internal sealed partial class FunctionDecoder(ProgramDecoder program, FunctionCode code)
{
    private static readonly string[] WithoutResult =
    [
        "st", "red", "cp", "stmatrix", "prefetch", "prefetchu", "discard", "applypriority", "bra", "brx", "call", "ret", "exit", "trap",
        "fence", "membar", "nanosleep", "griddepcontrol", "brkpt", "pmevent", "setmaxnreg",
    ];

    private readonly PtxFunction _function = code.Function;
    private readonly RegisterFile _registers = new(code.Function);

    /// <summary>Decodes it.</summary>
    public void Decode()
    {
        PtxInstruction[] instructions = _function.Instructions;
        var steps = new Step[instructions.Length + 1];
        for (int i = 0; i < instructions.Length; i++)
        {
            steps[i] = DecodeStep(instructions[i]);
        }

        steps[^1] = new Step { Operation = new Return { Source = End(instructions) }, Guard = RegisterFile.Always };
        GuardProducts(instructions, steps);
        code.Steps = steps;
        code.Template = _registers.ToTemplate();
        code.Specials = _registers.Specials;
    }

    private static PtxInstruction End(PtxInstruction[] instructions)
    {
        PtxInstruction? last = instructions.Length > 0 ? instructions[^1] : null;
        return new PtxInstruction
        {
            Opcode = "ret",
            Modifiers = [],
            Operands = [],
            Text = "the end of the function",
            PtxLine = last?.PtxLine ?? 0,
            File = last?.File ?? "",
            Line = last?.Line ?? 0,
        };
    }

    private Step DecodeStep(PtxInstruction instruction)
    {
        Operation operation;
        try
        {
            CheckDestination(instruction);
            operation = DecodeOperation(instruction) ?? throw Unknown.Instruction(program.Module.Name, instruction);
        }
        catch (ArgumentException exception)
        {
            throw Unknown.Instruction(program.Module.Name, instruction, exception.Message);
        }
        catch (Exception exception) when (exception is IndexOutOfRangeException or KeyNotFoundException)
        {
            // Decoders take apart what is there; what is not is no instruction of PTX.
            throw Unknown.Instruction(program.Module.Name, instruction, "operands or modifiers are missing");
        }

        operation.Source = instruction;
        return new Step
        {
            Operation = operation,
            Guard = instruction.Guard is null ? RegisterFile.Always : _registers.PredicateOffset(instruction.Guard),
            Flip = instruction.GuardNegated ? uint.MaxValue : 0,
        };
    }

    /// <summary>Results go to registers of the function: not to constants and special registers, which lie in the same file.</summary>
    private void CheckDestination(PtxInstruction instruction)
    {
        foreach (PtxOperand part in HasResult(instruction) ? Parts(instruction.Operands[0]) : [])
        {
            if (part.Kind != PtxOperandKind.Sink && !_function.Registers.ContainsKey(part.Name))
            {
                throw new ArgumentException("its result goes to no register");
            }
        }
    }

    /// <summary>Whether the first operand of an instruction is where its result goes.</summary>
    public static bool HasResult(PtxInstruction instruction) => instruction.Operands.Length > 0 && instruction.Opcode switch
    {
        "bar" or "barrier" => instruction.Has("red"),
        "mbarrier" => instruction.Operands[0].Kind != PtxOperandKind.Address,
        "wgmma" => instruction.Has("mma_async"),
        _ => Array.IndexOf(WithoutResult, instruction.Opcode) < 0,
    };

    private Operation? DecodeOperation(PtxInstruction instruction) => instruction.Opcode switch
    {
        "ld" or "ldu" or "st" or "atom" or "red" or "ldmatrix" or "stmatrix" or "cvta" or "isspacep" or "mov" or "cvt"
            when instruction.Operands.Length < 2 || instruction.Modifiers.Length == 0 => null,
        "ld" or "ldu" => DecodeLoad(instruction),
        "st" => instruction.Has("async") ? DecodeAsyncStore(instruction) : DecodeStore(instruction),
        "atom" or "red" => DecodeAtomic(instruction),
        "cp" => DecodeCopy(instruction),
        "ldmatrix" or "stmatrix" => DecodeMatrix(instruction),
        "createpolicy" => Convert(instruction, instruction.Operands[0], new PtxOperand { Kind = PtxOperandKind.Immediate }, isToSpace: false, window: 0),
        "cvta" => DecodeAddressConversion(instruction),
        "isspacep" => DecodeIsInSpace(instruction),
        "mapa" or "getctarank" => DecodeRank(instruction),
        "prefetch" or "prefetchu" or "discard" or "applypriority" or "nanosleep" or "brkpt" or "pmevent"
            => new Control.Nothing(),
        "griddepcontrol" => instruction.Modifiers switch
        {
            ["wait"] => new WaitForGrids(),
            ["launch_dependents"] => new LaunchDependents(),
            _ => null,
        },
        "setmaxnreg" => DecodeRegisterCount(instruction),
        "fence" or "membar" => DecodeFence(instruction),
        "bra" => new Branch(_function.Labels[instruction.Operands[0].Name]),
        "brx" => new IndexedBranch(_registers.Offset(instruction.Operands[0], 32), _function.BranchTables[instruction.Operands[1].Name]),
        "call" => DecodeCall(instruction),
        "ret" => new Return(),
        "exit" => new Exit(),
        "trap" => new Trap(),
        "bar" or "barrier" => DecodeBarrier(instruction),
        "mbarrier" => DecodeMbarrier(instruction),
        "wgmma" => DecodeProduct(instruction),
        _ => DecodeRegisters(instruction),
    };

    /// <summary>What touches registers only, after symbols became numbers; lanes that do it together are brought together first.</summary>
    private Operation? DecodeRegisters(PtxInstruction instruction)
    {
        PtxOperand[] operands = instruction.Operands;
        if (instruction.Opcode == "mov" && operands is [{ Kind: PtxOperandKind.Register }, var source])
        {
            if (source.Kind == PtxOperandKind.Symbol)
            {
                return DecodeSymbol(instruction, operands[0], source);
            }

            if (source.Kind == PtxOperandKind.Register && SpecialRegisters.IsClock(source.Name) && !_function.Registers.ContainsKey(source.Name))
            {
                int bits = _registers.BitsOf(operands[0].Name);
                return new ReadClock(source.Name, _registers.Offset(operands[0], bits), bits == 64);
            }
        }

        if (instruction.Opcode == "cvt")
        {
            return DecodeConversion(instruction);
        }

        instruction = instruction.Opcode == "shfl" ? WithNumbers(instruction) : instruction;
        Operation? operation = OperationDecoder.Decode(instruction, _registers, program.Module.Source.IsForHopper);
        return operation is null || !instruction.Has("sync") ? operation : DecodeGather(instruction, operation);
    }

    private Operation DecodeGather(PtxInstruction instruction, Operation operation)
    {
        operation.Source = instruction;
        if (instruction.Opcode is "shfl" or "vote" or "match" or "redux" or "elect")
        {
            return new Gather(operation, _registers.Offset(instruction.Operands[^1], 32), DecodeShuffleSources(instruction));
        }

        return new GatherAll(operation);
    }

    private ShuffleSources? DecodeShuffleSources(PtxInstruction instruction)
    {
        string? mode = Array.Find(instruction.Modifiers, name => name is "up" or "down" or "bfly" or "idx");
        return instruction.Opcode != "shfl" || mode is null
            ? null
            : new ShuffleSources(new ShuffleLanes(mode), _registers.Offset(instruction.Operands[2], 32), _registers.Offset(instruction.Operands[3], 32));
    }

    /// <summary>The operands of a conversion may be wider than its types say.</summary>
    private Operation? DecodeConversion(PtxInstruction instruction)
    {
        PtxOperand[] operands = [.. instruction.Operands];
        int last = instruction.Modifiers.Length - 1;
        Operation? before = null;
        Operation? after = null;
        if (last > 0 && operands.Length == 2 && IsWiderThan(operands[1], instruction.Modifiers[last]))
        {
            (before, operands[1]) = NarrowSource(operands[1]);
        }

        if (last > 0 && operands.Length == 2 && IsWiderThan(operands[0], instruction.Modifiers[last - 1]))
        {
            (after, operands[0]) = WidenDestination(operands[0], instruction.Modifiers[last - 1]);
        }

        Operation? operation = OperationDecoder.Decode(instruction with { Operands = operands }, _registers);
        return operation is null ? null : (before, after) switch
        {
            (null, null) => operation,
            (null, _) => new Sequence(operation, after),
            (_, null) => new Sequence(before, operation),
            _ => new Sequence(before, operation, after),
        };
    }

    private bool IsWiderThan(PtxOperand operand, string type)
        => operand.Kind == PtxOperandKind.Register && _registers.BitsOf(operand.Name) == 64 && Ptx.PtxType.Bits(type) is > 0 and < 64;

    private (Operation Operation, PtxOperand Temporary) NarrowSource(PtxOperand wide)
    {
        PtxOperand temporary = _registers.NewTemporary();
        return (new Resize(_registers.Offset(temporary, 32), _registers.Offset(wide, 64), ResizeKind.Narrow), temporary);
    }

    private (Operation Operation, PtxOperand Temporary) WidenDestination(PtxOperand wide, string type)
    {
        PtxOperand temporary = _registers.NewTemporary();
        ResizeKind kind = type[0] != 's' ? ResizeKind.Widen : Ptx.PtxType.Bits(type) switch
        {
            8 => ResizeKind.WidenSigned8,
            16 => ResizeKind.WidenSigned16,
            _ => ResizeKind.WidenSigned32,
        };
        return (new Resize(_registers.Offset(wide, 64), _registers.Offset(temporary, 32), kind), temporary);
    }
}
