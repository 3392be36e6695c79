using System;
using System.Collections.Generic;
using System.Linq;
using Winnow.Formats;

namespace Winnow.Conversion;

/// <summary>Hands planned tensors to a writer, which asks for their values piece by piece while it writes.</summary>
internal sealed class TensorCopier
{
    private readonly TensorFile _file;
    private readonly TensorPlan _plan;
    private readonly long _columns;

    private TensorCopier(TensorFile file, TensorPlan plan)
    {
        (_file, _plan) = (file, plan);
        _columns = plan.Source.Shape.Skip(1).Aggregate(1L, (product, dimension) => product * dimension);
    }

    /// <summary>Adds a tensor to a writer; stored bytes are copied where nothing changes but the order of rows.</summary>
    public static void Add(TensorFileWriter writer, TensorFile file, TensorPlan plan, TensorType type)
    {
        TensorCopier copier = new(file, plan);
        IReadOnlyList<long> shape = plan.Source.Shape;
        if (type == plan.Source.Type && plan.Add == 0)
        {
            long rowBytes = shape.Count == 0 ? plan.Source.Bytes : plan.Source.Bytes / shape[0];
            writer.AddBytes(plan.Name, type, shape, (offset, destination) => copier.ReadBytes(offset, destination, rowBytes));
        }
        else
        {
            writer.AddFloats(plan.Name, type, shape, copier.ReadFloats);
        }
    }

    private void ReadBytes(long offset, Span<byte> destination, long rowBytes)
    {
        if (_plan.RowOf is null)
        {
            _file.Read(_plan.Source, offset, destination);
            return;
        }

        while (destination.Length > 0)
        {
            (long row, long within) = Math.DivRem(offset, rowBytes);
            int size = (int)Math.Min(destination.Length, rowBytes - within);
            _file.Read(_plan.Source, (_plan.RowOf(row) * rowBytes) + within, destination[..size]);
            destination = destination[size..];
            offset += size;
        }
    }

    private void ReadFloats(long offset, Span<float> destination)
    {
        for (Span<float> open = destination; open.Length > 0;)
        {
            (long row, long within) = Math.DivRem(offset, _columns);
            int size = _plan.RowOf is null ? open.Length : (int)Math.Min(open.Length, _columns - within);
            long start = _plan.RowOf is null ? offset : (_plan.RowOf(row) * _columns) + within;
            _file.ReadFloats(_plan.Source, start, open[..size]);
            open = open[size..];
            offset += size;
        }

        foreach (ref float value in destination)
        {
            value += _plan.Add;
        }
    }
}
