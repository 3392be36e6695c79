namespace Winnow.Kernels.Linear.Cpu;

/// <summary>Rounds input rows to bytes, an item a row.</summary>
internal unsafe struct QuantizeJob : IWork
{
    public QuantizedRows Quantized;
    public float* Input;

    /// <inheritdoc/>
    public readonly void Execute(int item, int worker) => Quantized.Set(Input + (item * Quantized.Inputs), item);
}
