using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;

namespace Winnow.Tests.Engine;

/// <summary>Writes a random Llama of two layers with a byte-level vocabulary: bytes, some pairs of letters, and four special tokens.</summary>
internal sealed class TinyModel
{
    public const int Bos = 0;
    public const int Eos = 1;
    public const int ContextTokens = 192;
    public const int Layers = 2;
    public const int KvHeads = 2;
    public const int Hidden = 32;

    private const int HeadDim = 8;
    private const int Heads = 4;
    private const int Ffn = 64;

    private static readonly string[] Special = ["<|bos|>", "<|eos|>", "<|user|>", "<|assistant|>"];
    private static readonly string[] Merges = ["t h", "h e", "i n", "e r", "a n", "r e", "o n", "a t", "Ġ t", "Ġ a", "th e", "Ġt he"];

    private const string Template =
        "{{ bos_token }}{% for m in messages %}{{ '<|' + m.role + '|>' }}{{ ' ' + m.content + eos_token }}{% endfor %}" +
        "{% if add_generation_prompt %}<|assistant|>{% endif %}";

    private readonly Random _random;
    private readonly List<(string Name, int[] Shape, float[] Values)> _tensors = [];

    private TinyModel(int seed) => _random = new Random(seed);

    /// <summary>Writes the model into a folder.</summary>
    public static void Write(string folder, int seed = 1)
    {
        var model = new TinyModel(seed);
        string[] vocabulary = Vocabulary();
        model.MakeTensors(vocabulary.Length);
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "config.json"), Config(vocabulary.Length));
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), TokenizerJson(vocabulary));
        File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), JsonSerializer.Serialize(new Dictionary<string, string>
        {
            ["bos_token"] = Special[Bos],
            ["eos_token"] = Special[Eos],
            ["chat_template"] = Template,
        }));
        model.WriteTensors(Path.Combine(folder, "model.safetensors"));
    }

    private static string Config(int vocabulary) => $$"""
        {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": {{Hidden}}, "intermediate_size": {{Ffn}},
         "num_hidden_layers": {{Layers}}, "num_attention_heads": {{Heads}}, "num_key_value_heads": {{KvHeads}}, "vocab_size": {{vocabulary}},
         "max_position_embeddings": {{ContextTokens}}, "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "hidden_act": "silu",
         "tie_word_embeddings": false, "bos_token_id": {{Bos}}, "eos_token_id": {{Eos}}, "torch_dtype": "float32"}
        """;

    private static string[] Vocabulary() =>
        [.. Special, .. Enumerable.Range(0, 256).Select(ByteLetter), .. Merges.Select(merge => merge.Replace(" ", "", StringComparison.Ordinal))];

    // The alphabet of byte-level BPE: printable Latin-1 stands for itself, the others for letters from U+0100 on, in order.
    private static string ByteLetter(int value)
    {
        static bool IsPrintable(int b) => b is >= 33 and <= 126 or >= 161 and <= 172 or >= 174 and <= 255;
        int letter = IsPrintable(value) ? value : 256 + Enumerable.Range(0, value).Count(b => !IsPrintable(b));
        return ((char)letter).ToString();
    }

    private static string TokenizerJson(string[] vocabulary)
    {
        var byteLevel = new { type = "ByteLevel", add_prefix_space = false, trim_offsets = true, use_regex = true };
        return JsonSerializer.Serialize(new
        {
            version = "1.0",
            added_tokens = Special.Select((content, id) => new
            {
                id,
                content,
                single_word = false,
                lstrip = false,
                rstrip = false,
                normalized = false,
                special = true,
            }),
            pre_tokenizer = byteLevel,
            post_processor = new
            {
                type = "TemplateProcessing",
                single = new object[]
                {
                    new { SpecialToken = new { id = Special[Bos], type_id = 0 } }, new { Sequence = new { id = "A", type_id = 0 } },
                },
                pair = Array.Empty<object>(),
                special_tokens = new Dictionary<string, object>
                {
                    [Special[Bos]] = new { id = Special[Bos], ids = new[] { Bos }, tokens = new[] { Special[Bos] } },
                },
            },
            decoder = byteLevel,
            model = new
            {
                type = "BPE",
                vocab = vocabulary.Select((token, id) => (token, id)).ToDictionary(pair => pair.token, pair => pair.id),
                merges = Merges,
            },
        });
    }

    private void MakeTensors(int vocabulary)
    {
        // Scales that make distributions with a shape, but without one token that always wins.
        Add("model.embed_tokens.weight", 1, vocabulary, Hidden);
        Add("lm_head.weight", 0.6f, vocabulary, Hidden);
        for (int layer = 0; layer < Layers; layer++)
        {
            string prefix = $"model.layers.{layer}.";
            AddOnes(prefix + "input_layernorm.weight");
            Add(prefix + "self_attn.q_proj.weight", 0.3f, Heads * HeadDim, Hidden);
            Add(prefix + "self_attn.k_proj.weight", 0.3f, KvHeads * HeadDim, Hidden);
            Add(prefix + "self_attn.v_proj.weight", 0.3f, KvHeads * HeadDim, Hidden);
            Add(prefix + "self_attn.o_proj.weight", 0.3f, Hidden, Heads * HeadDim);
            AddOnes(prefix + "post_attention_layernorm.weight");
            Add(prefix + "mlp.gate_proj.weight", 0.3f, Ffn, Hidden);
            Add(prefix + "mlp.up_proj.weight", 0.3f, Ffn, Hidden);
            Add(prefix + "mlp.down_proj.weight", 0.3f, Hidden, Ffn);
        }

        AddOnes("model.norm.weight");
    }

    private void AddOnes(string name) => _tensors.Add((name, [Hidden], [.. Enumerable.Repeat(0.5f, Hidden)]));

    private void Add(string name, float scale, int rows, int columns)
    {
        float[] values = new float[rows * columns];
        for (int i = 0; i < values.Length; i++)
        {
            // Twelve uniform numbers make a good enough normal one.
            values[i] = scale * (float)(Enumerable.Range(0, 12).Sum(_ => _random.NextDouble()) - 6);
        }

        _tensors.Add((name, [rows, columns], values));
    }

    private void WriteTensors(string path)
    {
        var header = new Dictionary<string, object>();
        int offset = 0;
        foreach ((string name, int[] shape, float[] values) in _tensors)
        {
            int end = offset + (values.Length * sizeof(float));
            header[name] = new { dtype = "F32", shape, data_offsets = new[] { offset, end } };
            offset = end;
        }

        byte[] json = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(header));
        byte[] length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        using FileStream file = File.Create(path);
        file.Write(length);
        file.Write(json);
        foreach ((_, _, float[] values) in _tensors)
        {
            byte[] bytes = new byte[values.Length * sizeof(float)];
            Buffer.BlockCopy(values, 0, bytes, 0, bytes.Length);
            file.Write(bytes);
        }
    }
}
