using Winnow.Kernels.Attention;
using Winnow.Kernels.Cache;

namespace Winnow.Kernels.Tests.Attention;

/// <summary>The operands of one call.</summary>
internal sealed record AttentionOperands(Tensor Output, Tensor Queries, PagedKv Cache, RaggedBatch Batch, AttentionArguments Arguments)
{
    private const int HeadDim = 8;
    private const int Tokens = 33;

    /// <summary>One token over one page: one head of 8.</summary>
    public static AttentionOperands Small(TestTensors tensors)
    {
        Tensor keys = tensors.Of(new float[16 * HeadDim], 1, 16, HeadDim);
        var cache = new PagedKv
        {
            Keys = keys,
            Values = keys,
            Positions = tensors.Of(new int[16], 1, 16),
            PageTable = tensors.Of([0], 1, 1, 1, 1),
            Counts = tensors.Of([1], 1, 1, 1),
        };
        var batch = new RaggedBatch { Rows = tensors.Of(new int[1]), Starts = tensors.Of([0, 1]), Positions = tensors.Of(new int[1]) };
        Tensor row = tensors.Of(new float[HeadDim], 1, HeadDim);
        return new AttentionOperands(row, tensors.Of(new float[HeadDim], 1, HeadDim), cache, batch, new AttentionArguments { Layer = 0, Scale = 1 });
    }

    /// <summary>33 tokens over 48 and 40 slots of two KV heads, with one rule of shapes, or of contents, broken.</summary>
    public static AttentionOperands With(string broken, TestTensors tensors)
    {
        int headDim = broken == "head size" ? 12 : HeadDim;
        int columns = broken == "heads" ? 3 * headDim : 4 * headDim;
        Tensor keys = tensors.Of(new float[4 * 16 * headDim], 4, 16, headDim);
        var cache = new PagedKv
        {
            Keys = keys,
            Values = broken == "values" ? tensors.Of(new float[16 * headDim], 1, 16, headDim) : keys,
            Positions = tensors.Of(new int[64], 4, 16),
            PageTable = tensors.Of([0, 1, broken == "page" ? 4 : 2, 3, 0, 1], 1, 1, 2, 3),
            Counts = tensors.Of([broken == "count" ? 49 : 48, 40], 1, 1, 2),
        };
        var batch = new RaggedBatch
        {
            Rows = tensors.Of([broken == "row" ? 1 : 0]),
            Starts = tensors.Of([broken == "starts" ? 1 : 0, Tokens]),
            Positions = tensors.Of(new int[Tokens]),
        };
        var arguments = new AttentionArguments
        {
            Layer = broken == "layer" ? 1 : 0,
            Scale = broken == "scale" ? 0 : 1,
            KeyLayer = broken == "key layer" ? 1 : null,
            Window = broken == "window" ? -1 : broken == "share" ? 4 : 0,
            WindowShare = broken switch { "share" => 1.01f, "share alone" => 0.5f, "share of no number" => float.NaN, _ => 0 },
            Sinks = broken == "sinks" ? -1 : 0,
            Distant = broken == "distant",
            SlotLists = broken switch
            {
                "list counts alone" => default,
                "list shape" => tensors.Of(new int[6], 1, 3, 2),
                "list order" => tensors.Of([5, 5, 0, 1, 0, 0], 1, 2, 3),
                "listed slot" => tensors.Of([0, 48, 0, 1, 0, 0], 1, 2, 3),
                _ => tensors.Of([3, 47, -1, 39, -1, -1], 1, 2, 3),
            },
            SlotListCounts = broken switch
            {
                "lists alone" => default,
                "list counts" => tensors.Of([1, 1, 1]),
                "list count" => tensors.Of([2, 4], 1, 2),
                _ => tensors.Of([2, 1], 1, 2),
            },
            LogSumExp = tensors.Of(new float[broken == "log-sum-exp" ? 1 : Tokens * 4]),
            AncestorMask = tensors.Of(new int[Tokens * 2], Tokens, 2).Reshape(broken == "mask words" ? new Shape(Tokens * 2, 1) : new Shape(Tokens, 2)),
        };
        Tensor queries = tensors.Of(new float[Tokens * columns], Tokens, columns);
        Tensor output = broken == "output" ? tensors.Of(new float[columns], 1, columns) : tensors.Of(new float[Tokens * columns], Tokens, columns);
        return new AttentionOperands(output, queries, cache, batch, arguments);
    }
}
