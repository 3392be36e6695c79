using Winnow.Simulator.Profiling.Folding;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Profiling;

/// <summary>What an instruction of a warp takes of its multiprocessor.</summary>
/// <param name="Slots">How many clocks of its scheduler it takes: none where it is part of others.</param>
/// <param name="Kind">The unit.</param>
/// <param name="Count">How often it takes the unit.</param>
/// <param name="Flops">Operations of tensor cores.</param>
/// <param name="SharedBytes">Bytes of shared memory that a product reads, of which each of the four warps of its group counts a quarter.</param>
internal readonly record struct UnitUse(int Slots, UnitKind Kind, int Count, int Flops, int SharedBytes)
{
    private const int GroupWarps = 4;
    private const int WarpRows = 16;

    // Of a row or column in one product, whatever the type.
    private const int StepBytes = 32;

    /// <summary>What an instruction takes that is one of the machine, but for moves that an assembler renames, lower halves that it takes where they are, and parameters, which are operands.</summary>
    /// <param name="instruction">The instruction.</param>
    /// <param name="latency">Clocks until its results are there.</param>
    public static UnitUse Of(PtxInstruction instruction, int latency)
    {
        InstructionTraits traits = InstructionTraits.Of(instruction);
        bool isRenamed = latency == 0 && traits.Class is InstructionClass.Move or InstructionClass.Conversion or InstructionClass.ConstantMemory;
        return new UnitUse(isRenamed ? 0 : 1, isRenamed ? UnitKind.None : KindOf(instruction, traits.Class), 1, traits.TensorFlops, SharedBytesOf(instruction, traits.TensorFlops));
    }

    /// <summary>What it takes as an assembler makes it.</summary>
    /// <param name="instruction">The instruction.</param>
    /// <param name="code">What an assembler makes of its function.</param>
    /// <param name="place">Its place there.</param>
    public static UnitUse Of(PtxInstruction instruction, MachineCode code, int place)
    {
        InstructionTraits traits = InstructionTraits.Of(instruction);
        int slots = code.Costs[place].Slots;
        UnitKind kind = slots == 0 || code.IsUniform[place] ? UnitKind.None : code.IsProduct[place] ? UnitKind.Multiply : KindOf(instruction, traits.Class);
        return new UnitUse(slots, kind, kind == UnitKind.Integer ? slots : 1, traits.TensorFlops, SharedBytesOf(instruction, traits.TensorFlops));
    }

    /// <summary>Whether products are those of warpgroups.</summary>
    public bool IsOfGroup => SharedBytes > 0;

    private static UnitKind KindOf(PtxInstruction instruction, InstructionClass kind) => kind switch
    {
        InstructionClass.Integer when instruction.Opcode is "mul" or "mad" => UnitKind.Multiply,
        InstructionClass.Move when instruction.Opcode is "selp" or "slct" => UnitKind.Integer,
        InstructionClass.Float32 when instruction.Opcode is "min" or "max" => UnitKind.Integer,
        InstructionClass.Integer when instruction.Opcode is "popc" or "clz" or "bfind" or "brev" => UnitKind.Special,
        InstructionClass.Integer or InstructionClass.Conversion or InstructionClass.Comparison => UnitKind.Integer,
        InstructionClass.Special => UnitKind.Special,
        InstructionClass.Warp when instruction.Opcode is "shfl" or "match" or "redux" => UnitKind.Shuffle,
        InstructionClass.Tensor => UnitKind.Tensor,
        _ => UnitKind.None,
    };

    /// <summary>Products of warpgroups read columns of the second factor, and the first, of which a warp has 16 rows, where no registers hold it.</summary>
    private static int SharedBytesOf(PtxInstruction instruction, int flops)
    {
        if (instruction.Opcode != "wgmma" || flops == 0)
        {
            return 0;
        }

        int columns = flops / (2 * WarpRows * StepBytes * 8 / BitsOf(instruction));
        bool isFirstShared = instruction.Operands[1].Parts.Length == 0;
        return (columns * StepBytes / GroupWarps) + (isFirstShared ? WarpRows * StepBytes : 0);
    }

    private static int BitsOf(PtxInstruction instruction) => instruction switch
    {
        _ when instruction.Has("tf32") => 32,
        _ when instruction.Has("f16") || instruction.Has("bf16") => instruction.Has("e4m3") || instruction.Has("e5m2") ? 8 : 16,
        _ when instruction.Has("b1") => 1,
        _ => 8,
    };
}
