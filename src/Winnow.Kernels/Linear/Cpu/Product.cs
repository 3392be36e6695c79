namespace Winnow.Kernels.Linear.Cpu;

/// <summary>One product in addresses: what the kernels need to know, without the checks.</summary>
internal unsafe struct Product
{
    /// <summary>F32 [rows, outputs].</summary>
    public float* Output;

    /// <summary>[outputs, inputs].</summary>
    public byte* Weight;

    /// <summary>[outputs, inputs] of a gated product, else null.</summary>
    public byte* Gate;

    /// <summary>F32 [outputs] or null.</summary>
    public float* Bias;

    /// <summary>F32 [rows, outputs] or null.</summary>
    public float* Residual;

    /// <summary>The type of <see cref="Weight"/>.</summary>
    public DType WeightType;

    /// <summary>The type of <see cref="Gate"/>.</summary>
    public DType GateType;

    /// <summary>The function on the gate.</summary>
    public Activation Activation;

    /// <summary>Rows of the input.</summary>
    public long Rows;

    /// <summary>Columns of the input.</summary>
    public long Inputs;

    /// <summary>Rows of the weight.</summary>
    public long Outputs;

    /// <summary>Bytes of a row of <see cref="Weight"/>.</summary>
    public nint WeightRowBytes;

    /// <summary>Bytes of a row of <see cref="Gate"/>.</summary>
    public nint GateRowBytes;

    /// <summary>Outputs that one work item computes, a multiple of 16.</summary>
    public int OutputsPerItem;

    /// <summary>The number of the first work item of the next product.</summary>
    public int EndItem;
}
