using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using Winnow.Gpu;

namespace Winnow.Kernels.Linear;

/// <summary>Which kernel makes a product, and its compile-time constants. The shared memory is reckoned as the sources do, which check it.</summary>
/// <param name="Kind">The source.</param>
/// <param name="Weight">The weight type.</param>
/// <param name="Aligned">Whether rows are read 16 bytes at a time; of blocks (row) whether they lie on 16 bytes, or where they lie makes no difference.</param>
/// <param name="Size">Rows of a warp (single), rows at most (row: 1, 8 or 16; matvec: 8 or 16), outputs and rows of a tile (matmul: 64 or 128), columns of a tile (Hopper), rows of a tile (blocks on Hopper), or 1 for the order of fragments (pack).</param>
/// <param name="Split">Warps that share a tile of outputs (matvec).</param>
/// <param name="Gate">What becomes of the sums.</param>
/// <param name="Activation">The function on the gate.</param>
/// <param name="IsStaged">Whether sums go through shared memory (Hopper).</param>
/// <param name="IsPacked">Whether inputs come packed, with the weights (row).</param>
/// <param name="IsPaired">Whether two blocks side by side share their columns (Hopper).</param>
/// <param name="Output">The type of outputs: F16 and BF16 only with a fused gate on Hopper.</param>
internal readonly record struct CudaLinearVariant(
    CudaLinearKind Kind,
    DType Weight,
    bool Aligned,
    int Size = 0,
    int Split = 1,
    CudaGate Gate = CudaGate.None,
    Activation Activation = default,
    bool IsStaged = false,
    bool IsPacked = false,
    bool IsPaired = false,
    DType Output = DType.F32)
{
    /// <summary>Steps of a stage of blocks of the kernel for Hopper.</summary>
    public const int HopperStageSteps = 8;

    /// <summary>Blocks of a pair.</summary>
    public const int PairBlocks = 2;

    private const int HopperAlignment = 1024;
    private const int HopperWeightStages = 3;
    private const int HopperLines = 128;

    /// <summary>Inputs of a step.</summary>
    public const int StepInputs = 32;

    // Inputs that the kernel of few rows is shown with where no device says how many it has room for, as far as they fit.
    private const int UsualRowInputs = 28_672;
    private const int MostSharedBytes = 227 * 1024;

    private const int TileLines = 16;

    /// <summary>True for F16 and BF16.</summary>
    public bool IsPlain => Weight is DType.F16 or DType.BF16;

    /// <summary>What the input of a kernel for many rows is packed to.</summary>
    public CudaLinearForm Form => Weight switch
    {
        DType.F16 => CudaLinearForm.Halves,
        DType.BF16 => CudaLinearForm.BrainFloats,
        _ => Kind == CudaLinearKind.HopperBlocks ? CudaLinearForm.Fragments : CudaLinearForm.Slots,
    };

    /// <summary>The type of what is multiplied.</summary>
    public TensorMapType MatrixType => MapType(Weight);

    /// <summary>The type of outputs.</summary>
    public TensorMapType OutputType => Output == DType.F32 ? TensorMapType.Float32 : MapType(Output);

    /// <summary>Whether units have a minimum besides their scale.</summary>
    public bool HasMinimum => Weight is DType.Q4_1 or DType.Q5_1 or DType.Q4_K or DType.Q5_K;

    /// <summary>Outputs of one tile, which parts are divided into.</summary>
    public int TileOutputs => Kind switch
    {
        CudaLinearKind.Matmul or CudaLinearKind.Hopper => Gate == CudaGate.Fused ? Size / 2 : Size,
        CudaLinearKind.HopperBlocks => Gate == CudaGate.Fused ? HopperLines / 2 : HopperLines,
        CudaLinearKind.Row => Gate == CudaGate.Fused ? TileLines / 2 : TileLines,
        _ => TileLines,
    };

    /// <summary>Rows of a tile of the kernels for Hopper.</summary>
    public int TileRows => Kind == CudaLinearKind.Hopper ? HopperLines : Size;

    /// <summary>Rows of a box of weights of the kernels for Hopper: a half each where two blocks bring them.</summary>
    public int BoxOutputs => IsPaired && Gate != CudaGate.Fused ? TileOutputs / 2 : TileOutputs;

    /// <summary>Bytes from one row of blocks to the next in shared memory of the kernel for Hopper.</summary>
    public int HopperPitch => 16 * (((int)((Weight.BytesOf(HopperStageSteps * StepInputs) + 15) / 16)) | 1);

    /// <summary>Bytes of an output.</summary>
    public int OutputBytes => (int)Output.BytesOf(1);

    /// <summary>Threads of a block.</summary>
    public int Threads => Kind switch
    {
        CudaLinearKind.Matvec => 32 * MatvecWarps,
        CudaLinearKind.Row => 32 * TeamWarps * Teams,
        CudaLinearKind.Matmul when Size == 128 => 256,
        CudaLinearKind.Hopper or CudaLinearKind.HopperBlocks => 384,
        _ => 128,
    };

    /// <summary>Tiles of outputs that one block of matvec takes.</summary>
    public int TilesOfBlock => Kind == CudaLinearKind.Matvec && Split == 1 ? MatvecWarps : 1;

    /// <summary>Teams of warps of a block of the kernel of few rows, each with tiles of its own.</summary>
    public int Teams => Size == 1 || IsPacked ? 1 : 2;

    /// <summary>Blocks of the kernel of few rows that a multiprocessor has registers for, and shared memory without inputs.</summary>
    public int Blocks => Teams == 2 || Size == 16 || (IsPacked && !Aligned && HasMinimum) ? 1 : 2;

    /// <summary>Dynamic shared memory of a block; the kernel of few rows takes <see cref="InputBytes"/> more.</summary>
    public int SharedBytes => Kind switch
    {
        CudaLinearKind.Matvec => MatvecSharedBytes(),
        CudaLinearKind.Row => RowSharedBytes(),
        CudaLinearKind.Matmul => MatmulSharedBytes(),
        CudaLinearKind.Hopper or CudaLinearKind.HopperBlocks => HopperAlignment + HopperFixedBytes + (HopperStages * HopperStageBytes),
        _ => 0,
    };

    // What a block of the grid may have on Hopper, divided into stages: 64 inputs of the rows and, of 16-bit weights, of the columns; and two barriers.
    private int HopperStages => Math.Min(8, (MostSharedBytes - HopperAlignment - HopperFixedBytes) / HopperStageBytes);

    private int HopperStageBytes => ((Kind == CudaLinearKind.Hopper ? HopperLines + Size : Size) * 64 * sizeof(ushort)) + (2 * sizeof(ulong));

    // Sums that are staged, or blocks.
    private int HopperFixedBytes => Kind == CudaLinearKind.Hopper
        ? (IsStaged ? HopperLines * TileOutputs * OutputBytes : 0)
        : HopperWeightStages * ((HopperLines * HopperPitch) + (HasMinimum ? HopperStageSteps * Size * sizeof(float) : 0) + (2 * sizeof(ulong)))
            + (Weight.BlockValues() == HopperStageSteps * StepInputs ? HopperLines * HopperStageSteps * 2 * sizeof(float) : 0);

    private int RowStageInputs => IsPlain ? 128 : 256;

    private int TeamWarps => Size != 1 || !Aligned || IsPlain || Weight is DType.Q8_0 or DType.Q6_K ? 8 : HasMinimum ? 10 : 12;

    // Rows on 16 bytes go to shared memory as they are.
    private bool IsCopied => IsPlain && Aligned;

    private int MatvecWarps => Split == 1 ? 2 : Split;

    /// <summary>A kernel of every kind, gate and activation, and every weight type.</summary>
    public static IEnumerable<KernelVariant> Shipped()
    {
        DType[] types =
        [
            DType.F16, DType.BF16, DType.Q4_0, DType.Q4_1, DType.Q5_0, DType.Q5_1, DType.Q8_0, DType.Q4_K, DType.Q5_K, DType.Q6_K, DType.IQ4_NL,
        ];
        yield return Pack(CudaLinearForm.Slots, true).Describe();
        yield return Pack(CudaLinearForm.Fragments, true).Describe();
        yield return new CudaLinearVariant(CudaLinearKind.Totals, DType.F16, true).Describe();
        yield return new CudaLinearVariant(CudaLinearKind.Single, DType.F32, true, 1).Describe();
        yield return new CudaLinearVariant(CudaLinearKind.Single, DType.F32, true, 8, Gate: CudaGate.Stored).Describe();
        yield return new CudaLinearVariant(CudaLinearKind.Hopper, DType.BF16, true, 208).Describe();
        yield return new CudaLinearVariant(CudaLinearKind.Hopper, DType.F16, true, 192, Gate: CudaGate.Fused).Describe();
        yield return new CudaLinearVariant(CudaLinearKind.Hopper, DType.BF16, true, 128, IsStaged: true).Describe();
        yield return new CudaLinearVariant(CudaLinearKind.Hopper, DType.BF16, true, 128, Gate: CudaGate.Fused, IsStaged: true).Describe();
        yield return new CudaLinearVariant(CudaLinearKind.Hopper, DType.BF16, true, 176, Gate: CudaGate.Stored, Activation: Activation.GeluTanh).Describe();
        yield return new CudaLinearVariant(CudaLinearKind.Hopper, DType.BF16, true, 128, Gate: CudaGate.Fused, Activation: Activation.GeluTanh).Describe();
        yield return new CudaLinearVariant(CudaLinearKind.Hopper, DType.F16, true, 64).Describe();
        yield return new CudaLinearVariant(CudaLinearKind.Hopper, DType.BF16, true, 176, Gate: CudaGate.Fused, IsPaired: true, Output: DType.BF16).Describe();
        yield return new CudaLinearVariant(CudaLinearKind.Hopper, DType.F16, true, 128, Gate: CudaGate.Fused, IsStaged: true, Output: DType.F16).Describe();
        yield return new CudaLinearVariant(CudaLinearKind.Hopper, DType.BF16, true, 208, IsPaired: true).Describe();
        yield return new CudaLinearVariant(CudaLinearKind.Hopper, DType.F16, true, 128, IsStaged: true, IsPaired: true).Describe();
        yield return new CudaLinearVariant(CudaLinearKind.Row, DType.Q4_0, true, 1, Gate: CudaGate.Fused).Describe();
        yield return new CudaLinearVariant(CudaLinearKind.Row, DType.Q4_1, false, 8, IsPacked: true).Describe();
        yield return new CudaLinearVariant(CudaLinearKind.Row, DType.Q5_1, false, 8, Gate: CudaGate.Fused, IsPacked: true).Describe();
        for (int i = 0; i < types.Length; i++)
        {
            bool even = i % 2 == 0;
            yield return new CudaLinearVariant(CudaLinearKind.Matmul, types[i], true, 128, 1, even ? CudaGate.Fused : CudaGate.None).Describe();
            yield return new CudaLinearVariant(CudaLinearKind.Row, types[i], true, 1, Gate: even ? CudaGate.None : CudaGate.Fused).Describe();
            yield return new CudaLinearVariant(CudaLinearKind.Row, types[i], true, 8, Gate: even ? CudaGate.Fused : CudaGate.None).Describe();
            yield return new CudaLinearVariant(CudaLinearKind.Row, types[i], true, 8, Gate: even ? CudaGate.None : CudaGate.Fused, IsPacked: true).Describe();
            yield return new CudaLinearVariant(CudaLinearKind.Row, types[i], true, 16, Gate: even ? CudaGate.Fused : CudaGate.None, IsPacked: true).Describe();
            if (types[i].BlockValues() == 32)
            {
                yield return new CudaLinearVariant(CudaLinearKind.Row, types[i], false, even ? 1 : 8, Gate: even ? CudaGate.Fused : CudaGate.None).Describe();
            }

            if (HasHopperBlocks(types[i]))
            {
                yield return new CudaLinearVariant(CudaLinearKind.HopperBlocks, types[i], true, 128, 1, even ? CudaGate.None : CudaGate.Fused).Describe();
            }

            yield return even
                ? new CudaLinearVariant(CudaLinearKind.Matvec, types[i], true, 16, 4).Describe()
                : new CudaLinearVariant(CudaLinearKind.Matvec, types[i], true, 16, 1, CudaGate.Fused, Activation.GeluTanh).Describe();
        }
    }

    /// <summary>Shared memory that the kernel of few rows takes for rows that are not packed, whole stages, and for the sums of their steps.</summary>
    public int InputBytes(int inputs)
    {
        int stages = IsPacked ? 0 : (inputs + RowStageInputs - 1) / RowStageInputs;
        int stepBytes = (StepInputs * sizeof(ushort)) + (HasMinimum ? sizeof(float) : 0);
        return stages * (RowStageInputs / StepInputs) * Size * stepBytes;
    }

    /// <summary>
    /// Whether the kernel for blocks on Hopper takes a type: those that ran on an H200. A stage of Q6_K begins between sixteens, where no box may, and ended with
    /// an illegal instruction there; IQ4_NL, which lies as Q4_0 does, was not tried.
    /// </summary>
    public static bool HasHopperBlocks(DType type) => type is DType.Q4_0 or DType.Q4_1 or DType.Q5_0 or DType.Q5_1 or DType.Q8_0 or DType.Q4_K or DType.Q5_K;

    /// <summary>The kernel that packs an input.</summary>
    /// <param name="form">To what.</param>
    /// <param name="aligned">Whether rows are read 16 bytes at a time.</param>
    public static CudaLinearVariant Pack(CudaLinearForm form, bool aligned) => new(
        CudaLinearKind.Pack,
        form switch { CudaLinearForm.Halves => DType.F16, CudaLinearForm.BrainFloats => DType.BF16, _ => DType.Q8_0 },
        aligned,
        form == CudaLinearForm.Fragments ? 1 : 0);

    /// <summary>The source, entry point and constants.</summary>
    /// <param name="mostSharedBytes">
    /// What a block of the device may have, which the kernel of few rows is allowed where its inputs are not packed, since nobody knows how many there will be;
    /// null for as much as the usual ones take.
    /// </param>
    public KernelVariant Describe(int? mostSharedBytes = null)
    {
        string weight = $"WINNOW_WEIGHT={(int)Weight}";
        string aligned = $"WINNOW_ALIGNED={(Aligned ? 1 : 0)}";
        string parameters = $"WINNOW_PARAMS_BYTES={Unsafe.SizeOf<CudaLinearParams>()}";
        string gate = $"WINNOW_GATE={(int)Gate}";
        string activation = $"WINNOW_ACTIVATION={(int)Activation}";
        string shared = $"WINNOW_SHARED_BYTES={SharedBytes}";
        return Kind switch
        {
            CudaLinearKind.Pack => new("linear/pack.cu", "winnow_linear_pack", 0, weight, aligned, $"WINNOW_FRAGMENTS={Size}"),
            CudaLinearKind.Totals => new("linear/totals.cu", "winnow_linear_totals", 0),
            CudaLinearKind.Single => new(
                "linear/single.cu", "winnow_linear_single", 0, aligned, $"WINNOW_ROWS={Size}", gate, activation, parameters),
            CudaLinearKind.Matvec => new(
                "linear/matvec.cu", "winnow_linear_matvec", SharedBytes,
                weight, aligned, $"WINNOW_ROWS={Size}", $"WINNOW_SPLIT={Split}", gate, activation, parameters, shared),
            CudaLinearKind.Hopper => new(
                "linear/matmul_hopper.cu", "winnow_linear_matmul_hopper", SharedBytes,
                weight, $"WINNOW_TILE={Size}", $"WINNOW_STAGES={HopperStages}", $"WINNOW_STAGED={(IsStaged ? 1 : 0)}",
                $"WINNOW_PAIRS={(IsPaired ? 1 : 0)}", $"WINNOW_OUTPUT={(int)Output}", gate, activation, parameters, shared)
            {
                Requires = "90a",
                ClusterBlocks = IsPaired ? PairBlocks : 0,
            },
            CudaLinearKind.Row => new(
                "linear/row.cu", "winnow_linear_row",
                IsPacked ? SharedBytes : mostSharedBytes ?? Math.Min(SharedBytes + InputBytes(UsualRowInputs), MostSharedBytes),
                weight, aligned, $"WINNOW_ROWS={Size}", $"WINNOW_PACKED={(IsPacked ? 1 : 0)}", gate, activation, parameters, shared),
            CudaLinearKind.HopperBlocks => new(
                "linear/matmul_hopper_blocks.cu", "winnow_linear_matmul_hopper_blocks", SharedBytes,
                weight, $"WINNOW_TILE={Size}", $"WINNOW_STAGES={HopperStages}", gate, activation, parameters, shared)
            {
                Requires = "90a",
            },
            _ => new(
                "linear/matmul.cu", "winnow_linear_matmul", SharedBytes,
                weight, aligned, $"WINNOW_TILE={Size}", gate, activation, parameters, shared),
        };
    }

    private static TensorMapType MapType(DType type) => type == DType.BF16 ? TensorMapType.BFloat16 : TensorMapType.Float16;

    private int MatmulSharedBytes()
    {
        int stages = Size == 64 && IsCopied ? 5 : 3;
        int panel = Size * 2 * StepInputs;
        int steps = IsCopied ? 2 : 1;
        return (stages * steps * panel) + ((IsCopied ? stages : 2) * steps * panel) + (IsPlain ? 0 : 2 * 3 * Size * sizeof(float));
    }

    private int MatvecSharedBytes()
    {
        int stageInputs = Weight.BlockValues() == 256 ? 256 : 128;
        int stageBytes = (int)Weight.BytesOf(stageInputs);
        int alignment = Math.Min(16, Weight.BlockBytes() & -Weight.BlockBytes());
        int chunks = ((IsCopied ? 0 : 16 - alignment) + stageBytes + 15) / 16;
        int pitch = 16 * (chunks | 1);
        int stage = (Gate == CudaGate.Fused ? 2 : 1) * 16 * pitch;
        int wished = (Split == 1 ? 20480 : !IsPlain ? 12288 : Size == 8 ? 20480 : 16384) / stage;
        int ring = MatvecWarps * Math.Clamp(wished, 3, 8) * stage;
        if (Split == 1)
        {
            return ring;
        }

        int units = Weight == DType.Q6_K ? 2 : 1;
        int floats = (Size / 8 * ((units * 160) + (HasMinimum ? 8 : 0))) + (IsPlain ? 0 : 16 * 3);
        return ring + (Split * (IsPlain ? 1 : stageInputs / StepInputs) * floats * sizeof(float));
    }

    private int RowSharedBytes()
    {
        int stageBytes = (int)Weight.BytesOf(RowStageInputs);
        int lead = stageBytes % 16 == 0 && Aligned ? 0 : 16 - Math.Min(16, Weight.BlockBytes() & -Weight.BlockBytes());
        int chunks = (lead + stageBytes + 15) / 16;
        int inputs = !IsPacked ? 0 : Size * sizeof(ushort) * (RowStageInputs + (IsPlain ? 8 : 0));
        int stage = (TileLines * 16 * (IsPlain ? chunks : chunks | 1)) + inputs;
        int stages = Size == 1 && IsPlain ? 3 : 2;
        int planes = IsPlain ? 0 : (Weight == DType.Q6_K ? 2 : 1) + (HasMinimum ? 1 : 0);
        int batonFloats = 32 * (Size == 1 ? 1 : Size / 2);
        int scaleFloats = planes * TileLines * RowStageInputs / StepInputs;
        return TeamWarps * Teams * ((stages * stage) + ((batonFloats + scaleFloats) * sizeof(float)));
    }
}
