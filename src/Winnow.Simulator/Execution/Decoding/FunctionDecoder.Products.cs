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
        int at = Array.FindIndex(instruction.Modifiers, modifier => modifier.StartsWith("m64n", StringComparison.Ordinal));
        string[] parts = at < 0 ? [] : instruction.Modifiers[at][4..].Split('k');
        if (parts.Length != 2 || !int.TryParse(parts[0], CultureInfo.InvariantCulture, out int n) || n % 8 != 0 || n is < 8 or > MostColumns)
        {
            return null;
        }

        ReadOnlySpan<string> types = reader.TakeFrom(at)[1..];
        bool isBounded = types is ["satfinite", ..];
        if (types[(isBounded ? 1 : 0)..] is not [string d, string a, string b])
        {
            return null;
        }

        // Integers have no signs to choose, and of more than 32 columns only every second count.
        bool isInteger = d == "s32";
        if ((isInteger ? n > 32 && n % 16 != 0 : isBounded) || DecodeShape(instruction.Operands, reader, n, d == "f16", a is "f16" or "bf16", !isInteger) is not ProductShape shape)
        {
            return null;
        }

        return (parts[1], d, a, b) switch
        {
            ("16", "f16" or "f32", "f16", "f16") => Product<ShortElement<HalfFloat>>(shape),
            ("16", "f32", "bf16", "bf16") => Product<ShortElement<BrainFloat>>(shape),
            ("8", "f32", "tf32", "tf32") => Product<TensorElement>(shape),
            ("32", "f16" or "f32", "e4m3", "e4m3") => Product<ByteElement<FourBitExponent>>(shape),
            ("32", "f16" or "f32", "e5m2", "e5m2") => Product<ByteElement<FiveBitExponent>>(shape),
            ("32", "f16" or "f32", "e4m3", "e5m2") => new WarpgroupProduct<ByteElement<FourBitExponent>, ByteElement<FiveBitExponent>, FloatSum>(shape),
            ("32", "f16" or "f32", "e5m2", "e4m3") => new WarpgroupProduct<ByteElement<FiveBitExponent>, ByteElement<FourBitExponent>, FloatSum>(shape),
            ("32", "s32", _, _) => isBounded ? IntegerProduct<BoundedSum>(shape, a, b) : IntegerProduct<IntegerSum>(shape, a, b),
            _ => null,
        };
    }

    private static WarpgroupProduct<TElement, TElement, FloatSum> Product<TElement>(ProductShape shape)
        where TElement : struct, IProductElement
        => new(shape);

    private static Operation? IntegerProduct<TSum>(ProductShape shape, string a, string b)
        where TSum : struct, IProductSum
        => (a, b) switch
        {
            ("s8", "s8") => new WarpgroupProduct<ByteElement<SignedByte>, ByteElement<SignedByte>, TSum>(shape),
            ("s8", "u8") => new WarpgroupProduct<ByteElement<SignedByte>, ByteElement<UnsignedByte>, TSum>(shape),
            ("u8", "s8") => new WarpgroupProduct<ByteElement<UnsignedByte>, ByteElement<SignedByte>, TSum>(shape),
            ("u8", "u8") => new WarpgroupProduct<ByteElement<UnsignedByte>, ByteElement<UnsignedByte>, TSum>(shape),
            _ => null,
        };

    private ProductShape? DecodeShape(PtxOperand[] operands, InstructionReader reader, int n, bool isHalf, bool canBeTransposed, bool hasSigns)
    {
        bool isFragment = operands.Length > 2 && operands[1].Kind == PtxOperandKind.Vector;
        int transposes = !canBeTransposed ? 0 : isFragment ? 1 : 2;
        int signs = hasSigns ? 2 : 0;
        if (operands.Length != 4 + signs + transposes || operands[0].Kind != PtxOperandKind.Vector || operands[0].Parts.Length != n / (isHalf ? 4 : 2)
            || (isFragment && operands[1].Parts.Length != 4) || !Array.TrueForAll(operands[4..], operand => operand.Kind == PtxOperandKind.Immediate)
            || !Array.TrueForAll(operands[4..(4 + signs)], operand => operand.Bits is 1 or -1)
            || !Array.TrueForAll(operands[(4 + signs)..], operand => operand.Bits is 0 or 1))
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
            Sign = hasSigns ? operands[4].Bits * operands[5].Bits : 1,
            IsATransposed = transposes == 2 && operands[6].Bits == 1,
            IsBTransposed = transposes > 0 && operands[^1].Bits == 1,
        };
    }
}
