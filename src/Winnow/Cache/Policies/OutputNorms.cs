using System;
using System.Linq;
using Winnow.Kernels;
using Winnow.Kernels.Linear;

namespace Winnow.Cache.Policies;

/// <summary>
/// How much a value can move a layer's output: ||Wo_h v||_1 with Wo_h [hidden, headDim] the columns of the output matrix that a query head meets. The columns
/// are cut out in the file's type where a head's share of a row is whole blocks and whole words, and widened otherwise.
/// </summary>
internal sealed class OutputNorms : IDisposable
{
    private readonly Tensor _rows;
    private readonly Tensor _pieces;

    private OutputNorms(ComputeDevice device, KvModel model)
    {
        int hidden = model.Config.Hidden, heads = model.Config.Heads;
        _rows = device.AllocateTensor(DType.I32, new Shape(hidden));
        _pieces = device.AllocateTensor(DType.I32, new Shape(heads, hidden));
        device.Upload<int>(_rows, [.. Enumerable.Range(0, hidden)]);
        device.Upload<int>(_pieces, [.. Enumerable.Range(0, heads * hidden).Select(i => (i % hidden * heads) + (i / hidden))]);
    }

    /// <summary>Makes the lists of rows that it gathers by.</summary>
    public static OutputNorms Make(ComputeDevice device, KvModel model) => new(device, model);

    /// <summary>The mean over the query heads of each KV head.</summary>
    /// <param name="pass">The sequence and its slots.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="norms">Takes the means, F32 [kvHeads, entries].</param>
    public void Average(KvPass pass, int layer, Tensor norms)
    {
        ComputeDevice device = pass.Device;
        int hidden = pass.Config.Hidden, group = pass.Config.Heads / pass.KvHeads;
        Tensor values = pass.GatherValues(layer);
        long entries = values.Shape[1], dim = values.Shape[2];
        (Tensor pieces, DType type) = Cut(pass, layer);
        Tensor columns = pass.Rent(type, new Shape(hidden, dim));
        Tensor projected = pass.Rent(DType.F32, new Shape(entries, hidden));
        Tensor size = pass.Rent(DType.F32, new Shape(entries));
        device.Fill(norms, 0);
        for (int head = 0; head < pass.Config.Heads; head++)
        {
            device.Reduction.GatherRows(Words(columns, hidden), pieces, _pieces.Rows(head, 1).Reshape(new Shape(hidden)));
            Tensor value = values.Rows(head / group, 1).Reshape(new Shape(entries, dim));
            device.Linear.Project(value, new Projection { Output = projected, Weight = columns });
            device.Reduction.AbsoluteSums(size, projected);
            Tensor norm = norms.Rows(head / group, 1).Reshape(size.Shape);
            device.Reduction.Map(norm, Kernels.Reduction.ElementOp.AddScaled, norm, size, a: 1f / group);
        }
    }

    public void Dispose()
    {
        _rows.Release();
        _pieces.Release();
    }

    // The output matrix as [hidden * heads] rows, one for each head in each of its rows, in words of 4 bytes.
    private (Tensor Pieces, DType Type) Cut(KvPass pass, int layer)
    {
        Tensor output = pass.Model.WeightsOf(layer).Output;
        int dim = pass.Config.HeadDim;
        if (dim % output.Type.BlockValues() != 0 || output.Type.BytesOf(dim) % sizeof(float) != 0)
        {
            Tensor widened = pass.Rent(DType.F32, output.Shape);
            pass.Device.Norm.Embed(widened, output, _rows, 1);
            output = widened;
        }

        return (Words(output, (long)pass.Config.Hidden * pass.Config.Heads), output.Type);
    }

    private static Tensor Words(Tensor tensor, long rows) =>
        new(tensor.Buffer, tensor.ByteOffset, DType.F32, new Shape(rows, tensor.Bytes / sizeof(float) / rows));
}
