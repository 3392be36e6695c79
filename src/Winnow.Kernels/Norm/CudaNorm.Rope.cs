using Winnow.Gpu;

namespace Winnow.Kernels.Norm;

/// <summary>The rotary embedding.</summary>
internal sealed partial class CudaNorm
{
    private const int TableThreads = 256;
    private const int RopeThreads = 128;

    private readonly KernelVariants<int> _tables = new(context, _ => RopeTableVariant);
    private readonly KernelVariants<HeadKey> _ropes = new(context, Describe);

    /// <inheritdoc/>
    public void RopeTable(Tensor table, Tensor positions, Tensor inverseFrequencies, float magnitude)
    {
        (int tokens, int pairs) = NormChecks.RopeTable(table, positions, inverseFrequencies);
        if (tokens == 0)
        {
            return;
        }

        ArgumentBlock arguments = new(stackalloc byte[64]);
        arguments.Add(table.Address);
        arguments.Add(positions.Address);
        arguments.Add(inverseFrequencies.Address);
        arguments.Add(tokens);
        arguments.Add(pairs);
        arguments.Add(magnitude);
        context.Launch(_tables[0], LaunchShape.Linear(Blocks((long)tokens * pairs, TableThreads), TableThreads), arguments);
    }

    /// <inheritdoc/>
    public void Rope(Tensor heads, int headDim, Tensor table, RopeLayout layout, Tensor normWeight = default, float epsilon = 0)
    {
        NormChecks.Rope(heads, headDim, table, layout, normWeight);
        HeadShape shape = HeadShape.For(headDim, (int)table.Shape[1], layout);
        int count = checked((int)(heads.Shape.ElementCount / headDim));
        if (count == 0)
        {
            return;
        }

        var key = new HeadKey(headDim, shape.Pairs, layout, !normWeight.IsEmpty, Aligned(heads, table, normWeight));
        ArgumentBlock arguments = new(stackalloc byte[64]);
        arguments.Add(heads.Address);
        arguments.Add(table.Address);
        arguments.Add(Address(normWeight));
        arguments.Add(count);
        arguments.Add((int)(heads.Shape[1] / headDim));
        arguments.Add(epsilon);
        context.Launch(_ropes[key], LaunchShape.Linear(Blocks(count, RopeThreads / shape.Lanes), RopeThreads), arguments);
    }
}
