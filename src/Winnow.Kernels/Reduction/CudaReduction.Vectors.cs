using System.Collections.Generic;
using Winnow.Gpu;

namespace Winnow.Kernels.Reduction;

/// <content>Rows of vectors: means, second moments, forms, deviations.</content>
internal sealed partial class CudaReduction
{
    private const int OuterProductTile = 64;
    private const int OuterProductThreads = 128;
    private const int FormThreads = 128;
    private const int LongestInFours = 128;

    private const int MeanColumns = 8;
    private const int MeanThreads = 512;

    private readonly KernelVariants<FormKey> _forms = new(context, Describe);
    private readonly KernelVariants<LagKey> _lags = new(context, Describe);
    private readonly KernelVariants<OuterKey> _outers = new(context, Describe);

    private static IEnumerable<FormKey> ShippedForms =>
    [
        new(Dim: 64, Matrix: true, Linear: true, Aligned: true),
        new(Dim: 128, Matrix: true, Linear: true, Aligned: true),
        new(Dim: 256, Matrix: true, Linear: true, Aligned: true),
        new(Dim: 80, Matrix: true, Linear: false, Aligned: false),
        new(Dim: 128, Matrix: false, Linear: true, Aligned: false),
    ];

    private static IEnumerable<OuterKey> ShippedOuters => [new(Aligned: true), new(Aligned: false)];

    private static IEnumerable<LagKey> ShippedLags => [new(PerLane: 2), new(PerLane: 4), new(PerLane: 8)];

    /// <inheritdoc/>
    public void MeanVectors(Tensor output, Tensor vectors, Tensor lengths = default)
    {
        VectorRows sizes = VectorChecks.Mean(output, vectors, lengths);
        ArgumentBlock arguments = new(stackalloc byte[ArgumentBytes]);
        arguments.Add(output.Address);
        arguments.Add(vectors.Address);
        arguments.Add(Address(lengths));
        arguments.Add(sizes.Entries);
        arguments.Add(sizes.Dim);
        Launch(Kernel.MeanVectors, new LaunchShape(sizes.Rows, Blocks(sizes.Dim, MeanColumns), 1, MeanThreads), arguments);
    }

    /// <inheritdoc/>
    public void QuadraticForms(Tensor output, Tensor vectors, Tensor matrices, Tensor linear, float a, float b, Tensor lengths = default)
    {
        VectorRows sizes = VectorChecks.Forms(output, vectors, matrices, linear, lengths);
        if (sizes.Rows == 0 || sizes.Entries == 0)
        {
            return;
        }

        ArgumentBlock arguments = new(stackalloc byte[ArgumentBytes]);
        arguments.Add(output.Address);
        arguments.Add(vectors.Address);
        arguments.Add(Address(matrices));
        arguments.Add(Address(linear));
        arguments.Add(Address(lengths));
        arguments.Add(sizes.Entries);
        arguments.Add(a);
        arguments.Add(b);
        bool aligned = !matrices.IsEmpty && sizes.Dim % 4 == 0 && ((vectors.Address | matrices.Address) & 15) == 0;
        var key = new FormKey(sizes.Dim, !matrices.IsEmpty, !linear.IsEmpty, aligned);
        int perBlock = FormThreads / ThreadsOfWarp * (key.Matrix ? 16 : 8) / (sizes.Dim <= LongestInFours ? 1 : 2);
        context.Launch(_forms[key], new LaunchShape(sizes.Rows, Blocks(sizes.Entries, perBlock), 1, FormThreads), arguments);
    }

    /// <inheritdoc/>
    public void AddOuterProducts(Tensor sums, Tensor rows)
    {
        (int tokens, int heads, int dim) = VectorChecks.OuterProducts(sums, rows);
        ArgumentBlock arguments = new(stackalloc byte[ArgumentBytes]);
        arguments.Add(sums.Address);
        arguments.Add(rows.Address);
        arguments.Add(tokens);
        arguments.Add(dim);
        int tiles = Blocks(dim, OuterProductTile);
        var key = new OuterKey(dim % 4 == 0 && ((sums.Address | rows.Address) & 15) == 0);
        Launch(_outers, key, new LaunchShape(tokens == 0 ? 0 : heads, tiles, tiles, OuterProductThreads), arguments);
    }

    /// <inheritdoc/>
    public void LagDeviation(Tensor output, Tensor vectors, int sinks, int lag, Tensor lengths = default)
    {
        (VectorRows sizes, RowSegments partitions) = VectorChecks.Lag(output, vectors, sinks, lag, lengths);
        ArgumentBlock arguments = new(stackalloc byte[ArgumentBytes]);
        arguments.Add(output.Address);
        arguments.Add(vectors.Address);
        arguments.Add(Address(lengths));
        arguments.Add(sizes.Entries);
        arguments.Add(sizes.Dim);
        arguments.Add(partitions.Start);
        arguments.Add(partitions.Width);
        var key = new LagKey(Blocks(sizes.Dim, ThreadsOfWarp));
        Launch(_lags, key, new LaunchShape(sizes.Rows, partitions.Count, 1, sizes.Dim <= LongestInFours ? 2 * Threads : Threads), arguments);
    }

    private static KernelVariant Describe(LagKey key) => new("reduction/lag_deviation.cu", "winnow_lag_deviation", 0, $"PER_LANE={key.PerLane}");

    private static KernelVariant Describe(OuterKey key) =>
        new("reduction/add_outer_products.cu", "winnow_add_outer_products", 0, key.Aligned ? "ALIGNED=1" : "ALIGNED=0");

    private static KernelVariant Describe(FormKey key) => new(
        "reduction/quadratic_forms.cu", "winnow_quadratic_forms", 0,
        $"DIM={key.Dim}", $"MATRIX={(key.Matrix ? 1 : 0)}", $"LINEAR={(key.Linear ? 1 : 0)}", $"ALIGNED={(key.Aligned ? 1 : 0)}");

    private readonly record struct FormKey(int Dim, bool Matrix, bool Linear, bool Aligned);

    private readonly record struct OuterKey(bool Aligned);

    // The channels of a lane.
    private readonly record struct LagKey(int PerLane);
}
