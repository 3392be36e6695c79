using System;
using System.Globalization;
using Winnow.Simulator.Execution.Control;
using Winnow.Simulator.Operations;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Execution.Decoding;

/// <content>Products of warpgroups.</content>
internal sealed partial class FunctionDecoder
{
    private const int MostColumns = 256;

    private GatherAll? DecodeProduct(PtxInstruction instruction)
    {
        InstructionReader reader = new(instruction, _registers);
        bool isTogether = reader.Take("sync") && reader.Take("aligned");
        PtxOperand[] operands = instruction.Operands;
        Operation? operation = reader.TakeAny("fence", "commit_group", "wait_group", "mma_async") switch
        {
            "fence" => new FenceProducts(),
            "commit_group" => new CommitProducts(),
            "wait_group" when operands is [{ Kind: PtxOperandKind.Immediate, Bits: >= 0 and <= int.MaxValue }] => new WaitForProducts((int)operands[0].Bits),
            "mma_async" => DecodeProduct(instruction, reader),
            _ => null,
        };
        if (operation is null || !isTogether || !reader.IsUnderstood)
        {
            return null;
        }

        operation.Source = instruction;
        return new GatherAll(operation);
    }

    private Operation? DecodeProduct(PtxInstruction instruction, InstructionReader reader)
    {
        string? name = Array.Find(instruction.Modifiers, modifier => modifier.StartsWith("m64n", StringComparison.Ordinal));
        string[] parts = name?[4..].Split('k') ?? [];
        if (parts.Length != 2 || !int.TryParse(parts[0], CultureInfo.InvariantCulture, out int n) || n % 8 != 0 || n is < 8 or > MostColumns)
        {
            return null;
        }

        reader.Take(name!);
        if (reader.TakeType() is not OperandType d || reader.TakeType() is not OperandType a || reader.TakeType() is not OperandType b || a != b)
        {
            return null;
        }

        bool isHalf = d is { Kind: OperandTypeKind.Float, Bits: 16 };
        if (DecodeShape(instruction.Operands, reader, n, isHalf, a.Bits == 16) is not ProductShape shape || !(isHalf || d == Conversion.Single))
        {
            return null;
        }

        return (parts[1], a.Kind, a.Bits) switch
        {
            ("16", OperandTypeKind.Float, 16) => new WarpgroupProduct<ShortElement<HalfFloat>>(shape),
            ("16", OperandTypeKind.Brain, 16) when !isHalf => new WarpgroupProduct<ShortElement<BrainFloat>>(shape),
            ("8", OperandTypeKind.Tensor, 32) when !isHalf => new WarpgroupProduct<TensorElement>(shape),
            _ => null,
        };
    }

    private ProductShape? DecodeShape(PtxOperand[] operands, InstructionReader reader, int n, bool isHalf, bool canBeTransposed)
    {
        bool isFragment = operands.Length > 2 && operands[1].Kind == PtxOperandKind.Vector;
        int transposes = !canBeTransposed ? 0 : isFragment ? 1 : 2;
        if (operands.Length != 6 + transposes || operands[0].Kind != PtxOperandKind.Vector || operands[0].Parts.Length != n / (isHalf ? 4 : 2)
            || (isFragment && operands[1].Parts.Length != 4) || !Array.TrueForAll(operands[4..], operand => operand.Kind == PtxOperandKind.Immediate)
            || operands[4].Bits is not (1 or -1) || operands[5].Bits is not (1 or -1) || !Array.TrueForAll(operands[6..], operand => operand.Bits is 0 or 1))
        {
            return null;
        }

        return new ProductShape
        {
            N = n,
            D = Array.ConvertAll(operands[0].Parts, part => _registers.Offset(part, 32)),
            IsHalf = isHalf,
            A = isFragment ? Array.ConvertAll(operands[1].Parts, part => _registers.Offset(part, 32)) : [],
            ADescriptor = isFragment ? -1 : _registers.Offset(operands[1], 64),
            BDescriptor = _registers.Offset(operands[2], 64),
            Scale = reader.Predicate(operands[3]),
            Sign = operands[4].Bits * operands[5].Bits,
            IsATransposed = transposes == 2 && operands[6].Bits == 1,
            IsBTransposed = transposes > 0 && operands[^1].Bits == 1,
        };
    }
}
