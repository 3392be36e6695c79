using System;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>Several products of one input, an item for each range of outputs.</summary>
internal unsafe struct LinearJob : IWork
{
    // Enough items a worker that the last ones to finish are short.
    private const int ItemsPerWorker = 8;

    public LinearKernel Kernel;
    public float* Input;
    public QuantizedRows Quantized;
    public Product* Products;
    public int Count;
    public bool Few;
    public float* Scratch;
    public long ScratchFloats;

    /// <summary>Cuts the products into items.</summary>
    /// <param name="workers">How many workers share them.</param>
    /// <returns>The number of items.</returns>
    public readonly int Divide(int workers)
    {
        int items = 0;
        for (int i = 0; i < Count; i++)
        {
            ref Product product = ref Products[i];
            long perItem = LinearKernel.PanelOutputs;
            if (Few)
            {
                perItem = workers == 1 ? product.Outputs : product.Outputs / (workers * ItemsPerWorker);
                perItem = Math.Max(16, (perItem + 15) / 16 * 16);
            }

            product.OutputsPerItem = checked((int)perItem);
            items = checked(items + (int)((product.Outputs + perItem - 1) / perItem));
            product.EndItem = items;
        }

        return items;
    }

    /// <inheritdoc/>
    public readonly void Execute(int item, int worker)
    {
        int index = 0;
        int first = 0;
        while (item >= Products[index].EndItem)
        {
            first = Products[index].EndItem;
            index++;
        }

        ref Product product = ref Products[index];
        long start = (long)(item - first) * product.OutputsPerItem;
        long end = Math.Min(start + product.OutputsPerItem, product.Outputs);
        float* scratch = Scratch + (worker * ScratchFloats);
        if (Few)
        {
            Kernel.Few(product, Input, Quantized, start, end, scratch);
        }
        else
        {
            Kernel.Many(product, Input, Quantized, start, end, scratch);
        }
    }
}
