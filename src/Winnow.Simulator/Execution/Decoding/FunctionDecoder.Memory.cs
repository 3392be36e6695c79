using System;
using Winnow.Simulator.Execution.Memory;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Execution.Decoding;

/// <content>Memory.</content>
internal sealed partial class FunctionDecoder
{
    private static readonly string[] Orders = ["volatile", "relaxed", "acquire", "release", "mmio"];

    private Operation? DecodeLoad(PtxInstruction instruction)
    {
        PtxOperand[] parts = Parts(instruction.Operands[0]);
        string type = instruction.Modifiers[^1];
        int bits = WidthOf(parts, Ptx.PtxType.Bits(type));
        int[] destinations = Array.ConvertAll(parts, part => _registers.Offset(part, bits));
        PtxOperand source = instruction.Operands[1];
        if (FindVariable(source) is { } variable && code.IsArgument(variable))
        {
            if (source.Bits < 0 || source.Bits + (Ptx.PtxType.Bits(type) / 8 * parts.Length) > variable.Bytes)
            {
                throw new ArgumentException($"it reads beyond the {variable.Bytes} bytes of {variable.Name}");
            }

            return MakeCell(new ArgumentFactory((int)(variable.Offset + source.Bits), destinations), type, bits);
        }

        Access access = Access.Read | (IsOrdering(instruction) ? Access.Orders : 0) | (IsParameter(instruction) ? Access.Parameter : 0);
        LoadFactory factory = new(Address(source), access, destinations, SpaceOf(instruction, source));
        return MakeCell(factory, type, bits);
    }

    private Operation? DecodeStore(PtxInstruction instruction)
    {
        PtxOperand[] parts = Parts(instruction.Operands[1]);
        string type = instruction.Modifiers[^1];
        int bits = WidthOf(parts, Ptx.PtxType.Bits(type));
        int[] sources = Array.ConvertAll(parts, part => _registers.Offset(part, bits));
        PtxOperand destination = instruction.Operands[0];
        if (FindVariable(destination) is { } variable && code.IsArgument(variable))
        {
            return null;
        }

        Access access = Access.Write | (IsOrdering(instruction) ? Access.Orders : 0) | (IsParameter(instruction) ? Access.Parameter : 0);
        StoreFactory factory = new(Address(destination), access, sources, SpaceOf(instruction, destination));
        return MakeCell(factory, type, bits);
    }

    private static bool IsOrdering(PtxInstruction instruction) => Array.Exists(Orders, instruction.Has);

    private static bool IsParameter(PtxInstruction instruction) => instruction.Has("param") || instruction.Has("param::func");

    private static PtxOperand[] Parts(PtxOperand operand) => operand.Kind == PtxOperandKind.Vector ? operand.Parts : [operand];

    /// <summary>The width of the registers of an access: the declared one, which may be more than the type's.</summary>
    private int WidthOf(PtxOperand[] parts, int typeBits)
    {
        foreach (PtxOperand part in parts)
        {
            if (part.Kind == PtxOperandKind.Register)
            {
                return _registers.BitsOf(part.Name);
            }
        }

        return Math.Max(typeBits, 16);
    }

    private static Operation? MakeCell<TFactory>(TFactory factory, string type, int bits)
        where TFactory : ICellFactory
        => (type, bits) switch
        {
            ("b8" or "u8", <= 32) => factory.Make<Cell<byte, uint, uint>>(),
            ("s8", 16) => factory.Make<Cell<sbyte, ushort, uint>>(),
            ("s8", 32) => factory.Make<Cell<sbyte, uint, uint>>(),
            ("b8" or "u8", 64) => factory.Make<Cell<byte, ulong, ulong>>(),
            ("s8", 64) => factory.Make<Cell<sbyte, ulong, ulong>>(),
            ("b16" or "u16" or "f16" or "bf16", <= 32) or ("s16", 16) => factory.Make<Cell<ushort, uint, uint>>(),
            ("s16", 32) => factory.Make<Cell<short, uint, uint>>(),
            ("b16" or "u16", 64) => factory.Make<Cell<ushort, ulong, ulong>>(),
            ("s16", 64) => factory.Make<Cell<short, ulong, ulong>>(),
            ("b32" or "u32" or "s32" or "f32" or "f16x2" or "bf16x2", 32) => factory.Make<Cell<uint, uint, uint>>(),
            ("b32" or "u32", 64) => factory.Make<Cell<uint, ulong, ulong>>(),
            ("s32", 64) => factory.Make<Cell<int, ulong, ulong>>(),
            ("b64" or "u64" or "s64" or "f64", 64) => factory.Make<Cell<ulong, ulong, ulong>>(),
            _ => null,
        };

    private Operation? DecodeCopy(PtxInstruction instruction)
    {
        if (!instruction.Has("async"))
        {
            return null;
        }

        if (instruction.Has("bulk"))
        {
            return DecodeBulk(instruction);
        }

        if (instruction.Has("commit_group"))
        {
            return new CommitCopies();
        }

        if (instruction.Has("wait_all") || instruction.Has("wait_group"))
        {
            return new WaitForCopies(instruction.Has("wait_all") ? -1 : (int)instruction.Operands[0].Bits);
        }

        PtxOperand[] operands = instruction.Operands;
        if (instruction.Has("mbarrier"))
        {
            return new ArriveAfterCopies(Place(operands[0], instruction.Has("shared") || instruction.Has("shared::cta")), instruction.Has("noinc"));
        }

        bool isKnown = instruction.Has("global") && operands.Length >= 3 && operands[2].Kind == PtxOperandKind.Immediate;
        if (!isKnown)
        {
            return null;
        }

        int taken = -1;
        int ignored = -1;
        uint flip = 0;
        foreach (PtxOperand extra in operands.AsSpan(3))
        {
            if (extra.Kind == PtxOperandKind.Register && _function.Registers.TryGetValue(extra.Name, out PtxRegister? register) && register.IsPredicate)
            {
                (ignored, flip) = (_registers.PredicateOffset(extra), extra.Negated ? uint.MaxValue : 0);
            }
            else if (taken < 0 && !IsCachePolicy(extra))
            {
                taken = _registers.Offset(extra, 32);
            }
        }

        return new CopyAsync(Address(operands[0]), Address(operands[1]), (int)operands[2].Bits, taken, ignored, flip);
    }

    private bool IsCachePolicy(PtxOperand operand) => operand.Kind == PtxOperandKind.Register && _registers.BitsOf(operand.Name) == 64;

    private Control.GatherAll? DecodeMatrix(PtxInstruction instruction)
    {
        bool isLoad = instruction.Opcode == "ldmatrix";
        PtxOperand address = instruction.Operands[isLoad ? 1 : 0];
        int[] registers = Array.ConvertAll(Parts(instruction.Operands[isLoad ? 0 : 1]), part => _registers.Offset(part, 32));
        if (!instruction.Has("m8n8") || !instruction.Has("b16") || registers.Length is not (1 or 2 or 4))
        {
            return null;
        }

        bool isTransposed = instruction.Has("trans");
        bool isShared = SpaceOf(instruction, address) == "shared";
        Operation operation = (isLoad, isShared) switch
        {
            (true, true) => new LoadMatrix<SharedSpace>(Address(address), registers, isTransposed),
            (true, false) => new LoadMatrix<GenericSpace>(Address(address), registers, isTransposed),
            (false, true) => new StoreMatrix<SharedSpace>(Address(address), registers, isTransposed),
            _ => new StoreMatrix<GenericSpace>(Address(address), registers, isTransposed),
        };
        operation.Source = instruction;
        return new Control.GatherAll(operation);
    }
}
