using System;
using System.IO;
using System.Text;
using NUnit.Framework;
using Winnow.Formats.Configuration;

namespace Winnow.Formats.Tests.Fuzzing;

public sealed class ConfigFuzzTests
{
    private const string Valid = """
        {"architectures": ["Gemma3ForConditionalGeneration"], "model_type": "gemma3", "hidden_size": 2560, "head_dim": null,
         "eos_token_id": [1, 106], "tie_word_embeddings": true, "rms_norm_eps": 1e-06, "rope_theta": 1000000.0,
         "rope_scaling": {"factor": 8.0, "rope_type": "linear", "long_factor": [1.0, 1.5, 2]},
         "text_config": {"hidden_size": 2560, "num_hidden_layers": 34, "layer_types": ["sliding_attention", "full_attention"]}}
        """;

    [Test]
    public void Parse_MutantsAreReadOrRefused([Values(1, 2)] int seed)
    {
        const int Mutants = 1500;
        byte[] valid = Encoding.UTF8.GetBytes(Valid);
        var mutator = new Mutator(seed);
        int read = FormatFuzz.Run(Mutants, () => mutator.Mutate(valid, valid, isText: true), bytes =>
            ReadAll(HuggingFaceConfig.Parse(bytes, "config.json")));
        Assert.That(read, Is.InRange(Mutants / 100, Mutants * 9 / 10), "most mutants must be refused, but not all");
    }

    [Test]
    public void Open_MutantsOnDiskAreReadOrRefused()
    {
        using var folder = new TemporaryFolder();
        string path = folder["config.json"];
        byte[] valid = Encoding.UTF8.GetBytes(Valid);
        var mutator = new Mutator(3);
        FormatFuzz.Run(200, () => mutator.Mutate(valid, valid, isText: true), bytes =>
        {
            File.WriteAllBytes(path, bytes);
            ReadAll(HuggingFaceConfig.Open(path));
        });
    }

    private static void ReadAll(HuggingFaceConfig config)
    {
        foreach (string key in config.Keys)
        {
            Action[] getters =
            [
                () => config.GetInt32(key), () => config.GetDouble(key), () => config.GetBool(key), () => config.GetString(key),
                () => config.GetInt32List(key), () => config.GetDoubleList(key), () => config.GetStringList(key), () => config.GetInt32(key, 1),
            ];
            Array.ForEach(getters, FormatFuzz.Try);
            FormatFuzz.Try(() =>
            {
                if (config.GetSection(key) is { } section)
                {
                    ReadAll(section);
                }
            });
        }
    }
}
