using Winnow.Formats.Configuration;
using Winnow.Formats.Gguf;

namespace Winnow.Models;

/// <summary>Reads <see cref="GenerationDefaults"/> from generation_config.json or from general.sampling.* of a GGUF file.</summary>
internal static class GenerationDefaultsReader
{
    public static GenerationDefaults Read(HuggingFaceConfig? config)
    {
        if (config is null)
        {
            return new GenerationDefaults();
        }

        float? Number(string key) => config.Has(key) ? (float)config.GetDouble(key) : null;
        return new GenerationDefaults
        {
            Sample = config.Has("do_sample") ? config.GetBool("do_sample") : null,
            Temperature = Number("temperature"),
            TopK = config.Has("top_k") ? config.GetInt32("top_k") : null,
            TopP = Number("top_p"),
            MinP = Number("min_p"),
            TypicalP = Number("typical_p"),
            RepetitionPenalty = Number("repetition_penalty"),
        };
    }

    public static GenerationDefaults Read(GgufMetadata metadata)
    {
        float? Number(string key) => metadata.Has(Name(key)) ? (float)metadata.GetDouble(Name(key)) : null;
        return new GenerationDefaults
        {
            Temperature = Number("temp"),
            TopK = metadata.Has(Name("top_k")) ? metadata.GetInt32(Name("top_k")) : null,
            TopP = Number("top_p"),
            MinP = Number("min_p"),
            RepetitionPenalty = Number("penalty_repeat"),
        };
    }

    private static string Name(string key) => "general.sampling." + key;
}
