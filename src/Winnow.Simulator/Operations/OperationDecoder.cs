using Winnow.Simulator.Execution;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Operations;

/// <summary>
/// Decodes every instruction that touches nothing but registers of one warp. Where operands are addresses or symbols, or a modifier or a
/// type is not one of those known here, the answer is null, so that the caller reports the instruction as unknown instead of running it wrongly.
/// </summary>
internal static class OperationDecoder
{
    /// <summary>The operation of an instruction; null where it is not one of these.</summary>
    /// <param name="instruction">As parsed.</param>
    /// <param name="map">Where its operands lie.</param>
    /// <param name="isHopper">Whether the code is for Hopper.</param>
    public static Operation? Decode(PtxInstruction instruction, IRegisterMap map, bool isHopper = false)
    {
        foreach (PtxOperand operand in instruction.Operands)
        {
            if (!IsInRegisters(operand))
            {
                return null;
            }
        }

        InstructionReader reader = new(instruction, map) { IsHopper = isHopper };
        Operation? operation = Decode(reader);
        if (operation is null || !reader.IsUnderstood)
        {
            return null;
        }

        operation.Source = instruction;
        return operation;
    }

    private static Operation? Decode(InstructionReader reader) => reader.Opcode switch
    {
        "add" or "sub" or "mul" or "mad" or "fma" or "div" or "rem" or "min" or "max" or "abs" or "neg" or "mul24" or "mad24" or "sad"
            or "addc" or "subc" or "madc" => Arithmetic(reader),
        "rcp" or "sqrt" or "rsqrt" or "sin" or "cos" or "lg2" or "ex2" or "tanh" or "copysign" or "testp" => FloatDecoder.DecodeFunction(reader),
        "and" or "or" or "xor" or "not" or "cnot" or "shl" or "shr" or "shf" or "lop3" => LogicDecoder.Decode(reader),
        "prmt" or "bfe" or "bfi" or "bfind" or "brev" or "popc" or "clz" or "fns" or "bmsk" or "szext" or "dp4a" or "dp2a" => BitDecoder.Decode(reader),
        "setp" or "set" => ComparisonDecoder.Decode(reader),
        "selp" or "slct" => SelectionDecoder.Decode(reader),
        "mov" => MoveDecoder.Decode(reader),
        "cvt" => ConversionDecoder.Decode(reader),
        "shfl" or "vote" or "activemask" or "match" or "redux" or "elect" => WarpDecoder.Decode(reader),
        "vadd2" or "vsub2" or "vavrg2" or "vabsdiff2" or "vmin2" or "vmax2" or "vset2"
            or "vadd4" or "vsub4" or "vavrg4" or "vabsdiff4" or "vmin4" or "vmax4" or "vset4" => VideoDecoder.Decode(reader),
        "mma" or "movmatrix" => MatrixDecoder.Decode(reader),
        _ => null,
    };

    private static Operation? Arithmetic(InstructionReader reader)
    {
        if (reader.TakeType() is not OperandType type)
        {
            return null;
        }

        if (!type.IsFloat)
        {
            return IntegerDecoder.Decode(reader, type);
        }

        return type.Bits == 16 ? NarrowDecoder.Decode(reader, type) : FloatDecoder.Decode(reader, type);
    }

    private static bool IsInRegisters(PtxOperand operand)
    {
        if (operand.Kind == PtxOperandKind.Vector)
        {
            foreach (PtxOperand part in operand.Parts)
            {
                if (!IsInRegisters(part))
                {
                    return false;
                }
            }

            return true;
        }

        return operand.Kind is PtxOperandKind.Register or PtxOperandKind.Immediate or PtxOperandKind.Sink;
    }
}
