using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Winnow.Formats;
using Winnow.Formats.Safetensors;
using Winnow.Kernels;
using Winnow.Models;

namespace Winnow.Cache.Policies;

/// <summary>The file of trained weights that tell types of tokens. What is loaded of it is shared by the sequences of a device, and the last one to go frees it.</summary>
internal sealed class NatsWeights
{
    /// <summary>How many types there are.</summary>
    public const int Types = 3;

    private readonly string _path;
    private readonly Dictionary<(ComputeDevice Device, int Layers, int Outputs, int Hidden), NatsLayers> _shared = [];

    /// <summary>Notes where the file is; what is in it is looked at when there is a model.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public NatsWeights(string path)
    {
        const string Remedy = "give weights=PATH of a safetensors file with nats.layers.0.weight and so on, [3 * kvHeads, hidden] each";
        if (string.IsNullOrWhiteSpace(path))
        {
            throw new ArgumentException($"The policy nats needs trained weights: {Remedy}.");
        }

        if (!File.Exists(path))
        {
            throw new ArgumentException($"The trained weights of the policy nats are not at '{path}': {Remedy}.");
        }

        _path = path;
    }

    /// <summary>Checks that the file is for a model.</summary>
    /// <exception cref="ModelFormatException">It is not; the message names the tensor and the shapes.</exception>
    public void Check(ModelConfig config)
    {
        using SafetensorsFile file = SafetensorsFile.Open(_path);
        for (int layer = 0; layer < config.Layers; layer++)
        {
            _ = Weight(file, layer, config);
            _ = Bias(file, layer, config);
        }

        string beyond = WeightName(config.Layers);
        if (file.TryGet(beyond, out TensorInfo? info))
        {
            throw new ModelFormatException($"the model has {config.Layers} layers and no layer {config.Layers}; give the weights that were trained for it", info.Path, info.Offset, beyond);
        }
    }

    /// <summary>The weights on a device; <see cref="Return"/> them once for each call.</summary>
    /// <exception cref="ModelFormatException">The file is damaged, or not for the model.</exception>
    public NatsLayers Share(ComputeDevice device, ModelConfig config)
    {
        lock (_shared)
        {
            (ComputeDevice, int, int, int) key = (device, config.Layers, Types * config.KvHeads, config.Hidden);
            if (!_shared.TryGetValue(key, out NatsLayers? layers))
            {
                layers = Load(device, config);
                _shared.Add(key, layers);
            }

            layers.Users++;
            return layers;
        }
    }

    /// <summary>One more user of weights that are there.</summary>
    public NatsLayers Share(NatsLayers layers)
    {
        lock (_shared)
        {
            layers.Users++;
            return layers;
        }
    }

    /// <summary>One user fewer.</summary>
    public void Return(NatsLayers layers)
    {
        lock (_shared)
        {
            if (--layers.Users == 0)
            {
                _shared.Remove(_shared.First(entry => entry.Value == layers).Key);
                layers.Dispose();
            }
        }
    }

    private static string WeightName(int layer) => $"nats.layers.{layer}.weight";

    private static TensorInfo Weight(SafetensorsFile file, int layer, ModelConfig config) =>
        Checked(file.Get(WeightName(layer)), Types * config.KvHeads, config.Hidden);

    private static TensorInfo? Bias(SafetensorsFile file, int layer, ModelConfig config) =>
        file.TryGet($"nats.layers.{layer}.bias", out TensorInfo? info) ? Checked(info, Types * config.KvHeads) : null;

    private static TensorInfo Checked(TensorInfo info, params long[] shape) => info.Shape.SequenceEqual(shape) ? info : throw new ModelFormatException(
        $"has shape [{string.Join(", ", info.Shape)}] where the model needs [{string.Join(", ", shape)}], {Types} types of each KV head; give the weights that were trained for it",
        info.Path,
        info.Offset,
        info.Name);

    private NatsLayers Load(ComputeDevice device, ModelConfig config)
    {
        using SafetensorsFile file = SafetensorsFile.Open(_path);
        var layers = new NatsLayers(device, config.KvHeads);
        try
        {
            for (int layer = 0; layer < config.Layers; layer++)
            {
                TensorInfo? bias = Bias(file, layer, config);
                layers.Add(Read(file, Weight(file, layer, config)), bias is null ? [] : Read(file, bias));
            }
        }
        catch
        {
            layers.Dispose();
            throw;
        }

        return layers;
    }

    private static float[] Read(SafetensorsFile file, TensorInfo info)
    {
        float[] values = new float[info.Elements];
        file.ReadFloats(info, 0, values);
        return values;
    }
}
