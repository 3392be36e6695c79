using System;
using System.Globalization;
using System.Linq;
using System.Threading;
using Winnow.Formats;
using Winnow.Kernels;

namespace Winnow.Models;

/// <summary>A decoder's tensors on a device. One copy serves any number of sequences.</summary>
internal sealed class DecoderWeights : IDisposable
{
    private readonly DeviceBuffer[] _buffers;

    private DecoderWeights(WeightLoader loader, TensorNames names, ModelConfig config, int vocabulary)
    {
        float one = config.NormAddsOne ? 1 : 0;
        Embedding = loader.Matrix(names.Embedding + ".weight", config.Vocab, config.Hidden);
        OutputNorm = loader.Vector(names.OutputNorm + ".weight", config.Hidden, one);
        bool tied = config.TiedEmbeddings && !loader.Has(names.Output + ".weight");
        Tensor output = tied ? Embedding : loader.Matrix(names.Output + ".weight", config.Vocab, config.Hidden);
        Output = loader.Arrange(output.Rows(0, vocabulary));
        if (tied && Output.Type != Embedding.Type)
        {
            // A table that products read as well has their order, up to the rows that only pad it.
            Embedding = Output;
        }

        Layers = new LayerWeights[config.Layers];
        for (int layer = 0; layer < Layers.Length; layer++)
        {
            Layers[layer] = LoadLayer(loader, names, config, layer, one);
        }

        _buffers = loader.Take();
    }

    public Tensor Embedding { get; }  // [V, D], or [vocabulary, D] where it is the output, too, and arranged

    public Tensor OutputNorm { get; }  // F32 [D]

    public Tensor Output { get; }  // [vocabulary, D]

    public LayerWeights[] Layers { get; }

    /// <summary>Loads all tensors; what was loaded is freed again where one fails.</summary>
    /// <param name="file">The tensors.</param>
    /// <param name="config">The dimensions.</param>
    /// <param name="vocabulary">Tokens that there are, without the rows that pad the embedding table.</param>
    /// <param name="device">Where they go.</param>
    /// <param name="progress">Told about every few MiB.</param>
    /// <param name="cancellation">Honoured between pieces.</param>
    /// <exception cref="OutOfDeviceMemoryException">The device has less free than the weights take.</exception>
    /// <exception cref="ModelFormatException">A tensor is missing or has another shape than the configuration asks for.</exception>
    public static DecoderWeights Load(
        TensorFile file, ModelConfig config, int vocabulary, ComputeDevice device, IProgress<LoadProgress>? progress, CancellationToken cancellation)
    {
        using var loader = new WeightLoader(file, device, progress, cancellation);
        TensorNames names = TensorNames.For(file, config);
        RequireMemory(file, device);
        return new DecoderWeights(loader, names, config, vocabulary);
    }

    /// <summary>Says so at once where the weights cannot fit.</summary>
    /// <returns>The bytes of all weights.</returns>
    /// <exception cref="OutOfDeviceMemoryException">The device has less free.</exception>
    public static long RequireMemory(TensorFile file, ComputeDevice device)
    {
        long bytes = file.Tensors.Sum(tensor => tensor.Bytes);
        long free = device.FreeBytes;
        return bytes <= free ? bytes : throw new OutOfDeviceMemoryException(
            bytes, free, $"The weights of {file.Path} do not fit; use a smaller or a more quantized model, or free memory first.");
    }

    /// <summary>What most bytes of the weights are stored in: F32, BF16, or F16 for all others.</summary>
    public static DType MainType(TensorFile file) =>
        file.Tensors.GroupBy(tensor => tensor.Type).MaxBy(group => group.Sum(tensor => tensor.Bytes))?.Key switch
        {
            TensorType.F32 => DType.F32,
            TensorType.BF16 => DType.BF16,
            _ => DType.F16,
        };

    public void Dispose()
    {
        foreach (DeviceBuffer buffer in _buffers)
        {
            buffer.Dispose();
        }
    }

    private static LayerWeights LoadLayer(WeightLoader loader, TensorNames names, ModelConfig config, int layer, float one)
    {
        string Name(string pattern, string part = ".weight") => string.Format(CultureInfo.InvariantCulture, pattern, layer) + part;
        long queries = (long)config.Heads * config.HeadDim;
        long keys = (long)config.KvHeads * config.HeadDim;
        (Tensor query, Tensor key, Tensor value) = LoadQkv(loader, names, config, Name);
        (Tensor gate, Tensor up) = LoadGateUp(loader, names, config, Name);
        return new LayerWeights
        {
            AttentionNorm = loader.Vector(Name(names.AttentionNorm), config.Hidden, one),
            Query = query,
            Key = key,
            Value = value,
            QueryBias = loader.OptionalVector(Name(names.Query, ".bias"), queries),
            KeyBias = loader.OptionalVector(Name(names.Key, ".bias"), keys),
            ValueBias = loader.OptionalVector(Name(names.Value, ".bias"), keys),
            QueryNorm = config.HasHeadNorms ? loader.Vector(Name(names.QueryNorm), config.HeadDim, one) : default,
            KeyNorm = config.HasHeadNorms ? loader.Vector(Name(names.KeyNorm), config.HeadDim, one) : default,
            Output = loader.Weight(Name(names.AttentionOutput), config.Hidden, queries),
            OutputBias = loader.OptionalVector(Name(names.AttentionOutput, ".bias"), config.Hidden),
            AttentionPostNorm = config.HasPostNorms ? loader.Vector(Name(names.AttentionPostNorm), config.Hidden, one) : default,
            FfnNorm = loader.Vector(Name(names.FfnNorm), config.Hidden, one),
            Gate = gate,
            Up = up,
            Down = loader.Weight(Name(names.Down), config.Hidden, config.Ffn),
            FfnPostNorm = config.HasPostNorms ? loader.Vector(Name(names.FfnPostNorm), config.Hidden, one) : default,
        };
    }

    private static (Tensor Query, Tensor Key, Tensor Value) LoadQkv(
        WeightLoader loader, TensorNames names, ModelConfig config, Func<string, string, string> name)
    {
        long queries = (long)config.Heads * config.HeadDim;
        long keys = (long)config.KvHeads * config.HeadDim;
        if (loader.Has(name(names.FusedQkv, ".weight")))
        {
            Tensor fused = loader.Matrix(name(names.FusedQkv, ".weight"), queries + (2 * keys), config.Hidden);
            return (loader.Arrange(fused.Rows(0, queries)), loader.Arrange(fused.Rows(queries, keys)), loader.Arrange(fused.Rows(queries + keys, keys)));
        }

        return (
            loader.Weight(name(names.Query, ".weight"), queries, config.Hidden),
            loader.Weight(name(names.Key, ".weight"), keys, config.Hidden),
            loader.Weight(name(names.Value, ".weight"), keys, config.Hidden));
    }

    private static (Tensor Gate, Tensor Up) LoadGateUp(
        WeightLoader loader, TensorNames names, ModelConfig config, Func<string, string, string> name)
    {
        if (loader.Has(name(names.Gate, ".weight")))
        {
            return (
                loader.Weight(name(names.Gate, ".weight"), config.Ffn, config.Hidden),
                loader.Weight(name(names.Up, ".weight"), config.Ffn, config.Hidden));
        }

        Tensor fused = loader.Matrix(name(names.FusedGateUp, ".weight"), 2L * config.Ffn, config.Hidden);
        return (loader.Arrange(fused.Rows(0, config.Ffn)), loader.Arrange(fused.Rows(config.Ffn, config.Ffn)));
    }
}
