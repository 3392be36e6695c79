using System;
using Winnow.Simulator.Execution.Memory;
using Winnow.Simulator.Operations;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Execution.Decoding;

/// <content>Addresses and symbols.</content>
internal sealed partial class FunctionDecoder
{
    private PtxVariable? FindVariable(PtxOperand operand)
        => operand.Name.Length == 0 || operand.HasRegisterBase ? null : program.Module.Source.FindVariable(_function, operand.Name);

    /// <summary>The state space of an access: what the instruction says, or the one of the variable that it names.</summary>
    private string SpaceOf(PtxInstruction instruction, PtxOperand address)
    {
        string space = "generic";
        foreach (string modifier in instruction.Modifiers)
        {
            space = modifier switch
            {
                "global" or "shared" or "local" or "const" or "param" => modifier,
                "shared::cta" => "shared",
                "param::entry" or "param::func" => "param",
                "shared::cluster" => "shared::cluster",
                _ => space,
            };
        }

        PtxVariable? variable = FindVariable(address);
        return space switch
        {
            "param" => variable is null ? "generic" : "local",
            "generic" when variable is not null => variable.Space switch
            {
                PtxSpace.Shared => "shared",
                PtxSpace.Local or PtxSpace.Param => "local",
                _ => "global",
            },
            _ => space,
        };
    }

    private AddressOperand Address(PtxOperand operand)
    {
        if (operand.Kind != PtxOperandKind.Address)
        {
            throw new ArgumentException("an address in brackets is missing");
        }

        if (operand.HasRegisterBase)
        {
            bool isWide = _registers.BitsOf(operand.Name) == 64;
            return new AddressOperand(RegisterOf(operand.Name, isWide), isWide, operand.Bits, IsInFrame: false);
        }

        PtxOperand zero = new() { Kind = PtxOperandKind.Immediate };
        if (FindVariable(operand) is not { } variable)
        {
            return new AddressOperand(_registers.Offset(zero, 64), true, operand.Bits, IsInFrame: false);
        }

        bool isInFrame = variable.Space is PtxSpace.Local or PtxSpace.Param;
        long offset = (isInFrame ? code.LocalOffsetOf(variable) : AddressOf(variable)) + operand.Bits;
        return new AddressOperand(_registers.Offset(zero, 64), true, offset, isInFrame);
    }

    private int RegisterOf(string name, bool isWide)
        => _registers.Offset(new PtxOperand { Kind = PtxOperandKind.Register, Name = name }, isWide ? 64 : 32);

    /// <summary>The address of a variable that is at one place for all, within its space.</summary>
    private long AddressOf(PtxVariable variable) => variable.Space == PtxSpace.Shared
        ? program.Shared.Offsets[variable]
        : program.Module.AddressOf(variable);

    /// <summary><c>mov</c> of the address of a variable.</summary>
    private Operation? DecodeSymbol(PtxInstruction instruction, PtxOperand destination, PtxOperand symbol)
    {
        if (FindVariable(symbol) is not { } variable)
        {
            return null;
        }

        bool isArgument = code.IsArgument(variable);
        bool isWide = _registers.BitsOf(destination.Name) == 64;
        if (isArgument || variable.Space is PtxSpace.Local or PtxSpace.Param)
        {
            int offset = isArgument ? variable.Offset : code.LocalOffsetOf(variable);
            return new LoadAddress(isArgument, offset + symbol.Bits, _registers.Offset(destination, isWide ? 64 : 32), isWide);
        }

        PtxOperand number = new() { Kind = PtxOperandKind.Immediate, Bits = AddressOf(variable) + symbol.Bits };
        return OperationDecoder.Decode(instruction with { Operands = [destination, number] }, _registers);
    }

    private Operation? DecodeAddressConversion(PtxInstruction instruction)
    {
        PtxOperand[] operands = instruction.Operands;
        bool isToSpace = instruction.Has("to");
        ulong window = instruction switch
        {
            _ when instruction.Has("shared") || instruction.Has("shared::cta") || instruction.Has("shared::cluster") => AddressSpaces.Shared,
            _ when instruction.Has("local") => AddressSpaces.Local,
            _ when instruction.Has("global") || instruction.Has("const") || instruction.Has("param") => 0,
            _ => ulong.MaxValue,
        };
        if (window == ulong.MaxValue || !instruction.Has("u64"))
        {
            return null;
        }

        // Parameters of functions lie in local memory, those of kernels have addresses that are generic already.
        PtxOperand source = operands[1];
        if (source.Kind == PtxOperandKind.Symbol)
        {
            Operation? address = DecodeSymbol(MakeMove(instruction, "mov", operands), operands[0], source);
            Operation? conversion = Convert(instruction, operands[0], operands[0], isToSpace, window);
            return address is null || conversion is null ? null : new Sequence(address, conversion);
        }

        return Convert(instruction, operands[0], source, isToSpace, window);
    }

    private Operation? Convert(PtxInstruction instruction, PtxOperand destination, PtxOperand source, bool isToSpace, ulong window)
    {
        if (window == 0)
        {
            return OperationDecoder.Decode(MakeMove(instruction, "mov", [destination, source]), _registers);
        }

        PtxOperand number = new() { Kind = PtxOperandKind.Immediate, Bits = (long)window };
        return OperationDecoder.Decode(MakeMove(instruction, isToSpace ? "sub" : "add", [destination, source, number]), _registers);
    }

    private static PtxInstruction MakeMove(PtxInstruction instruction, string opcode, PtxOperand[] operands)
        => instruction with { Opcode = opcode, Modifiers = ["u64"], Operands = operands };

    private IsInSpace? DecodeIsInSpace(PtxInstruction instruction)
    {
        bool isOfCluster = instruction.Has("shared::cluster");
        PtxSpace? space = instruction.Modifiers[0] switch
        {
            "global" => PtxSpace.Global,
            "const" => PtxSpace.Const,
            "shared" or "shared::cta" or "shared::cluster" => PtxSpace.Shared,
            "local" => PtxSpace.Local,
            "param" or "param::entry" => PtxSpace.Param,
            _ => null,
        };
        return space is { } known
            ? new IsInSpace(known, isOfCluster, _registers.PredicateOffset(instruction.Operands[0]), _registers.Offset(instruction.Operands[1], 64))
            : null;
    }
}
