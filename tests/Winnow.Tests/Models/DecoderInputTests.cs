using System.Linq;
using NUnit.Framework;
using Winnow.Cache;
using Winnow.Formats;
using Winnow.Formats.Configuration;
using Winnow.Gpu;
using Winnow.Kernels;
using Winnow.Models;
using Winnow.Simulator;
using Winnow.Tests.Engine;
using Winnow.TestSupport;

namespace Winnow.Tests.Models;

/// <summary>What goes from norms and gates to products of many rows, in the type in which a device reads it best.</summary>
internal sealed class DecoderInputTests
{
    private const int Layers = 2;
    private const int Tokens = 70;

    [TestCase(TensorType.F16)]
    [TestCase(TensorType.BF16)]
    public void Forward_OnHopperPacksNoNormAndNoGateAndGivesTheBitsOfFewRows(TensorType type)
    {
        NvrtcSupport.Require();
        const string Hopper = "compute_90a";
        (float[][] few, _) = Run(type, Hopper, Tokens / 2);

        (float[][] many, int launches) = Run(type, Hopper, Tokens);

        Assert.That(many, Is.EqualTo(few));
        (_, int others) = Run(type, "compute_80", Tokens);
        Assert.That(others - launches, Is.EqualTo(3 * Layers), "before the products of queries, of gates and of what was gated");
    }

    // Feeds as many tokens at a time.
    private static (float[][] Logits, int Launches) Run(TensorType type, string architecture, int step)
    {
        ModelConfig config = Config();
        using var file = RandomTensorFile.Create("random", RandomWeights.For(config, type));
        var driver = new ProbedDriver(new PtxSimulator(new PtxSimulatorOptions { Architecture = architecture }));
        using var decoder = new TestDecoder(file, config, new CudaDevice(driver, new KernelCompiler(), ownsDriver: true), Tokens);
        KvSequence sequence = decoder.Cache.CreateSequence();
        int before = driver.Launches;
        float[][] logits = [.. Enumerable.Range(0, Tokens).Select(i => i * 7 % 41).Chunk(step).SelectMany(tokens => decoder.Feed(sequence, tokens))];
        return (logits, driver.Launches - before);
    }

    private static ModelConfig Config() => HuggingFaceModelConfig.Read(HuggingFaceConfig.Parse(
        System.Text.Encoding.UTF8.GetBytes($$"""
            {"model_type": "llama", "hidden_size": 64, "intermediate_size": 192, "num_hidden_layers": {{Layers}}, "num_attention_heads": 4,
             "num_key_value_heads": 2, "head_dim": 16, "vocab_size": 48, "max_position_embeddings": 128, "rms_norm_eps": 1e-5}
            """),
        "config.json"));
}
