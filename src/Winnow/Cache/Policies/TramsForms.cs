using System;
using System.Linq;
using Winnow.Kernels;
using Winnow.Kernels.Linear;

namespace Winnow.Cache.Policies;

/// <summary>
/// What TRAMS needs of a model's query matrices: with Wq_h [headDim, hidden] a head's rows, Wq_h Wq_h^T and Wq_h 1. Heads lie in the order
/// (place in the group, KV head), so that those which meet one key each are one run.
/// </summary>
internal sealed class TramsForms : IDisposable
{
    private readonly Tensor _grams;
    private readonly Tensor _sums;
    private readonly int _kvHeads;
    private readonly int _heads;

    private TramsForms(ComputeDevice device, KvModel model)
    {
        (_kvHeads, _heads) = (model.Config.KvHeads, model.Config.Heads);
        int layers = model.Config.Layers, dim = model.Config.HeadDim;
        _grams = device.AllocateTensor(DType.F32, new Shape((long)layers * _heads, dim, dim));
        _sums = device.AllocateTensor(DType.F32, new Shape((long)layers * _heads, dim));
    }

    /// <summary>Works them out from the weights of all layers.</summary>
    public static TramsForms Make(ComputeDevice device, KvModel model)
    {
        var forms = new TramsForms(device, model);
        int dim = model.Config.HeadDim, hidden = model.Config.Hidden, heads = model.Config.Heads;
        Tensor rows = device.AllocateTensor(DType.I32, new Shape((long)heads * dim));
        Tensor ones = device.AllocateTensor(DType.F32, new Shape(1, hidden));
        Tensor query = device.AllocateTensor(DType.F32, new Shape(dim, hidden));
        device.Upload<int>(rows, [.. Enumerable.Range(0, heads * dim)]);
        device.Upload<float>(ones, [.. Enumerable.Repeat(1f, hidden)]);
        for (int layer = 0; layer < model.Config.Layers; layer++)
        {
            for (int head = 0; head < heads; head++)
            {
                device.Norm.Embed(query, model.WeightsOf(layer).Query, rows.Rows((long)head * dim, dim), 1);
                forms.Add(device, layer, head, query, ones);
            }
        }

        device.Synchronize();
        rows.Release();
        ones.Release();
        query.Release();
        return forms;
    }

    /// <summary>Wq Wq^T of the query heads at one place of each group, F32 [kvHeads, headDim, headDim].</summary>
    public Tensor GramsOf(int layer, int place) => _grams.Rows(((long)layer * _heads) + (place * _kvHeads), _kvHeads);

    /// <summary>Wq 1 of the same, F32 [kvHeads, headDim].</summary>
    public Tensor SumsOf(int layer, int place) => _sums.Rows(((long)layer * _heads) + (place * _kvHeads), _kvHeads);

    public void Dispose()
    {
        _grams.Release();
        _sums.Release();
    }

    private void Add(ComputeDevice device, int layer, int head, Tensor query, Tensor ones)
    {
        int group = _heads / _kvHeads;
        long index = ((long)layer * _heads) + (head % group * _kvHeads) + (head / group);
        long dim = query.Shape[0];
        device.Linear.Project(query, new Projection { Output = _grams.Rows(index, 1).Reshape(new Shape(dim, dim)), Weight = query });
        device.Linear.Project(ones, new Projection { Output = _sums.Rows(index, 1), Weight = query });
    }
}
