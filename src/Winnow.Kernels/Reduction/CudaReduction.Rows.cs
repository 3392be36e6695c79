using System.Collections.Generic;
using Winnow.Gpu;

namespace Winnow.Kernels.Reduction;

/// <content>Rows of scores: entry by entry, pooled, combined.</content>
internal sealed partial class CudaReduction
{
    private readonly KernelVariants<MapKey> _maps = new(context, Describe);

    // One of each kind of arithmetic, of each shape of the operands.
    private static IEnumerable<MapKey> ShippedMaps =>
    [
        new(ElementOp.Multiply, LeftInteger: false, Right: true),
        new(ElementOp.MultiplyAdd, LeftInteger: true, Right: false),
        new(ElementOp.Divide, LeftInteger: false, Right: true),
        new(ElementOp.Select, LeftInteger: false, Right: true),
        new(ElementOp.Logistic, LeftInteger: false, Right: false),
        new(ElementOp.Sqrt, LeftInteger: false, Right: false),
    ];

    /// <inheritdoc/>
    public void Map(Tensor output, ElementOp op, Tensor left, Tensor right = default, float a = 0, float b = 0)
    {
        long count = RowChecks.Map(output, op, left, right);
        if (count == 0)
        {
            return;
        }

        ArgumentBlock arguments = new(stackalloc byte[ArgumentBytes]);
        arguments.Add(output.Address);
        arguments.Add(left.Address);
        arguments.Add(Address(right));
        arguments.Add(count);
        arguments.Add(a);
        arguments.Add(b);
        var key = new MapKey(op, left.Type == DType.I32, !right.IsEmpty);
        context.Launch(_maps[key], LaunchShape.Linear(Blocks(count, PieceColumns), Threads), arguments);
    }

    /// <inheritdoc/>
    public void PoolRows(Tensor output, Tensor input, PoolKind kind, int width, Tensor lengths = default)
    {
        (int rows, int entries) = RowChecks.Pool(output, input, kind, width, lengths);
        ArgumentBlock arguments = new(stackalloc byte[ArgumentBytes]);
        arguments.Add(output.Address);
        arguments.Add(input.Address);
        arguments.Add(Address(lengths));
        arguments.Add(entries);
        arguments.Add(width);
        LaunchPieces(Kernel.PoolAverage + (int)kind, rows, entries, arguments);
    }

    /// <inheritdoc/>
    public void CombineGroups(Tensor output, Tensor input, int group, GroupKind kind)
    {
        (int rows, int entries) = RowChecks.Combine(output, input, group, kind);
        ArgumentBlock arguments = new(stackalloc byte[ArgumentBytes]);
        arguments.Add(output.Address);
        arguments.Add(input.Address);
        arguments.Add(group);
        arguments.Add(entries);
        LaunchPieces(Kernel.CombineSum + (int)kind, rows / group, entries, arguments);
    }

    private static nint Address(Tensor tensor) => tensor.IsEmpty ? 0 : tensor.Address;

    private static KernelVariant Describe(MapKey key) => new(
        "reduction/map.cu", "winnow_map", 0,
        $"OP={(int)key.Op}", $"LEFT_INTEGER={(key.LeftInteger ? 1 : 0)}", $"RIGHT={(key.Right ? 1 : 0)}");

    private readonly record struct MapKey(ElementOp Op, bool LeftInteger, bool Right);
}
