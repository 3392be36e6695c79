using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Winnow.Formats;
using Winnow.Formats.Safetensors;
using Winnow.Kernels.Reduction;
using Winnow.Models;

namespace Winnow.Bench.Cache.Policies;

/// <summary>A file of random weights for policies that need trained ones: what they cost does not depend on the values.</summary>
internal sealed class RandomPolicyWeights : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("winnow-bench-").FullName;

    /// <param name="config">The model.</param>
    public RandomPolicyWeights(ModelConfig config)
    {
        var writer = new SafetensorsWriter();
        var random = new Random(1);
        void Add(string name, params long[] shape)
        {
            float[] values = [.. Enumerable.Range(0, (int)shape.Aggregate((product, n) => product * n)).Select(_ => random.NextSingle() - 0.5f)];
            writer.AddFloats(name, TensorType.F32, shape, values);
        }

        for (int layer = 0; layer < config.Layers; layer++)
        {
            Add($"nats.layers.{layer}.weight", 3L * config.KvHeads, config.Hidden);

            // All tokens are of the type that stays, so that the cache is as full as the budget lets it be.
            float[] bias = [.. Enumerable.Range(0, 3 * config.KvHeads).Select(i => i % 3 == 0 ? 1e6f : 0f)];
            writer.AddFloats($"nats.layers.{layer}.bias", TensorType.F32, [bias.Length], bias);
        }

        Add("conv1.weight", BlockNetwork.Hidden, 1, 3, 3);
        Add("conv1.bias", BlockNetwork.Hidden);
        Add("conv2.weight", BlockNetwork.Features, BlockNetwork.Hidden, 3, 3);
        Add("conv2.bias", BlockNetwork.Features);
        Add("conv3.weight", 1, BlockNetwork.Features, 1);
        Add("conv3.bias", 1);
        Path = System.IO.Path.Combine(_folder, "weights.safetensors");
        writer.Write(Path);
    }

    public string Path { get; }

    /// <summary>The options of a policy that needs weights.</summary>
    public Dictionary<string, string> OptionsOf(string policy) =>
        Winnow.Cache.Policies.KvPolicies.OptionsOf(policy).Any(option => option.Name == "weights") ? new() { ["weights"] = Path } : [];

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
