namespace Winnow.Kernels.Linear.Cpu;

/// <summary>Packs input rows, an item for each group.</summary>
internal unsafe struct PackJob : IWork
{
    public LinearKernel Kernel;
    public float* Input;
    public float* Packed;
    public long Rows;
    public long Inputs;

    /// <inheritdoc/>
    public readonly void Execute(int item, int worker) => Kernel.Pack(Input, Rows, Inputs, item, Packed);
}
