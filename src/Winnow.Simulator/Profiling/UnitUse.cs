using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Profiling;

/// <summary>What an instruction of a warp takes of its multiprocessor.</summary>
/// <param name="IsIssued">Whether it takes a clock of its scheduler: an assembler renames most moves and takes lower halves where they are, and parameters are operands.</param>
/// <param name="Kind">The unit.</param>
/// <param name="Flops">Operations of tensor cores.</param>
/// <param name="SharedBytes">Bytes of shared memory that a product reads, of which each of the four warps of its group counts a quarter.</param>
internal readonly record struct UnitUse(bool IsIssued, UnitKind Kind, int Flops, int SharedBytes)
{
    private const int GroupWarps = 4;
    private const int WarpRows = 16;

    // Of a row or column in one product, whatever the type.
    private const int StepBytes = 32;

    /// <summary>What an instruction takes.</summary>
    /// <param name="instruction">The instruction.</param>
    /// <param name="latency">Clocks until its results are there.</param>
    public static UnitUse Of(PtxInstruction instruction, int latency)
    {
        InstructionTraits traits = InstructionTraits.Of(instruction);
        bool isRenamed = latency == 0 && traits.Class is InstructionClass.Move or InstructionClass.Conversion or InstructionClass.ConstantMemory;
        return new UnitUse(!isRenamed, isRenamed ? UnitKind.None : KindOf(instruction, traits.Class), traits.TensorFlops, SharedBytesOf(instruction, traits.TensorFlops));
    }

    /// <summary>Whether products are those of warpgroups.</summary>
    public bool IsOfGroup => SharedBytes > 0;

    private static UnitKind KindOf(PtxInstruction instruction, InstructionClass kind) => kind switch
    {
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
