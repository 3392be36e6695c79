using System;
using System.Linq;
using Winnow.Cache.Policies;
using Winnow.Engine;
using Winnow.Kernels;

namespace Winnow.Native;

/// <summary>The options of the engine from JSON; docs/abi.md lists the keys, and a test compares.</summary>
internal static class OptionTexts
{
    public static readonly string[] EngineKeys =
    [
        "device", "threads", "context_tokens", "max_sequences", "kv_cache_bytes", "kv_cache_type", "prefill_chunk_tokens", "kv_policy",
        "more_kv_policies",
    ];

    public static readonly string[] GenerationKeys =
    [
        "max_tokens", "stop_strings", "stop_tokens", "ignore_end_of_text", "temperature", "top_k", "top_p", "min_p", "typical_p", "top_n_sigma",
        "xtc_probability", "xtc_threshold", "repetition_penalty", "frequency_penalty", "presence_penalty", "penalty_last_tokens",
        "dry_multiplier", "dry_base", "dry_allowed_length", "dry_last_tokens", "dry_breakers", "mirostat_tau", "mirostat_eta", "logit_bias",
        "seed", "log_probabilities", "add_special", "parse_special", "kv_policy",
    ];

    public static readonly string[] SessionKeys = ["kv_policy"];

    public static readonly string[] EmbeddingKeys = ["pooling", "normalize", "add_special"];

    public static readonly string[] KernelKeys = ["definitions"];

    /// <summary>Reads the options of an engine; the engine owns the device that comes with them.</summary>
    public static EngineOptions Engine(string json)
    {
        JsonOptions read = new(json, EngineKeys);
        int? threads = read.Int32("threads");
        CachePolicy? policy = PolicyTexts.Read(read.Object("kv_policy", PolicyTexts.Keys));
        var options = new EngineOptions
        {
            Threads = threads,
            ContextTokens = read.Int32("context_tokens"),
            MaxSequences = read.Int32("max_sequences"),
            KvCacheBytes = read.Int64("kv_cache_bytes"),
            KvCacheType = read.Choice("kv_cache_type", ("f32", DType.F32), ("f16", DType.F16), ("bf16", DType.BF16)),
            PrefillChunkTokens = read.Int32("prefill_chunk_tokens"),
            KvPolicy = policy as KvPolicy,
            SparseRead = policy as SparseReadPolicy,
            MoreKvPolicies = read.Objects("more_kv_policies", PolicyTexts.Keys)?.Select(each => PolicyTexts.ReadEvicting(each)!).ToArray(),
        };
        return options with { Device = DeviceNames.OpenForEngine(read.Text("device") ?? "auto", threads), OwnsDevice = true };
    }

    /// <summary>What evicts from the cache of a session; null for what the engine was loaded with.</summary>
    public static KvPolicy? Session(string json) =>
        PolicyTexts.ReadEvicting(new JsonOptions(json, SessionKeys).Object("kv_policy", PolicyTexts.Keys));

    /// <summary>Reads the options of a generation in a session, whose policy is chosen when it is opened.</summary>
    public static GenerationOptions SessionGeneration(string json)
    {
        GenerationOptions options = Generation(json);
        return options.KvPolicy is null ? options : throw new ArgumentException(
            "A session has the policy that it was opened with: give kv_policy to winnow_session_create_with or winnow_session_restore_with.");
    }

    public static GenerationOptions Generation(string json)
    {
        JsonOptions read = new(json, GenerationKeys);
        return new GenerationOptions
        {
            MaxTokens = read.Int32("max_tokens"),
            StopStrings = read.Texts("stop_strings"),
            StopTokens = read.Integers("stop_tokens"),
            IgnoreEndOfText = read.Boolean("ignore_end_of_text"),
            Temperature = read.Single("temperature"),
            TopK = read.Int32("top_k"),
            TopP = read.Single("top_p"),
            MinP = read.Single("min_p"),
            TypicalP = read.Single("typical_p"),
            TopNSigma = read.Single("top_n_sigma"),
            XtcProbability = read.Single("xtc_probability"),
            XtcThreshold = read.Single("xtc_threshold"),
            RepetitionPenalty = read.Single("repetition_penalty"),
            FrequencyPenalty = read.Single("frequency_penalty"),
            PresencePenalty = read.Single("presence_penalty"),
            PenaltyLastTokens = read.Int32("penalty_last_tokens"),
            DryMultiplier = read.Single("dry_multiplier"),
            DryBase = read.Single("dry_base"),
            DryAllowedLength = read.Int32("dry_allowed_length"),
            DryLastTokens = read.Int32("dry_last_tokens"),
            DryBreakers = read.Texts("dry_breakers"),
            MirostatTau = read.Single("mirostat_tau"),
            MirostatEta = read.Single("mirostat_eta"),
            LogitBias = read.Biases("logit_bias"),
            Seed = read.UInt64("seed"),
            LogProbabilities = read.Int32("log_probabilities"),
            AddSpecial = read.Boolean("add_special"),
            ParseSpecial = read.Boolean("parse_special"),
            KvPolicy = PolicyTexts.ReadEvicting(read.Object("kv_policy", PolicyTexts.Keys)),
        };
    }

    public static EmbeddingOptions Embedding(string json)
    {
        JsonOptions read = new(json, EmbeddingKeys);
        return new EmbeddingOptions
        {
            Pooling = read.Choice("pooling", ("mean", EmbeddingPooling.Mean), ("last", EmbeddingPooling.Last), ("cls", EmbeddingPooling.Cls)),
            Normalize = read.Boolean("normalize"),
            AddSpecial = read.Boolean("add_special"),
        };
    }
}
