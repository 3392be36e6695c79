using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Winnow.Formats;
using Winnow.Formats.Gguf;
using Winnow.Formats.Quantization;

namespace Winnow.Peers;

/// <summary>Writes a Llama model of 125 million random weights, whose vocabulary is the bytes and unused pieces, so that any text tokenizes.</summary>
internal static class RandomModel
{
    private const int Dim = 768;
    private const int Layers = 12;
    private const int Heads = 12;
    private const int KvHeads = 4;
    private const int Ffn = 2048;
    private const int Vocab = 32000;
    private const int HeadDim = Dim / Heads;
    private const int FirstUnused = 259;

    public static void Write(string path, TensorType type)
    {
        if (File.Exists(path))
        {
            return;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var writer = new GgufWriter();
        AddMetadata(writer);
        AddTensors(writer, type);
        writer.Write(path);
    }

    private static void AddMetadata(GgufWriter writer)
    {
        writer.Add("general.architecture", GgufValue.Text("llama"));
        writer.Add("general.name", GgufValue.Text("random-llama-125m"));
        (string Key, uint Value)[] numbers =
        [
            ("context_length", 8192), ("embedding_length", Dim), ("block_count", Layers), ("feed_forward_length", Ffn),
            ("attention.head_count", Heads), ("attention.head_count_kv", KvHeads), ("attention.key_length", HeadDim),
            ("attention.value_length", HeadDim), ("rope.dimension_count", HeadDim), ("vocab_size", Vocab),
        ];
        foreach ((string key, uint value) in numbers)
        {
            writer.Add("llama." + key, GgufValue.Number(value));
        }

        writer.Add("llama.attention.layer_norm_rms_epsilon", GgufValue.Number(1e-5f));
        writer.Add("llama.rope.freq_base", GgufValue.Number(10000f));
        IEnumerable<string> bytes = Enumerable.Range(0, 256).Select(b => $"<0x{b:X2}>");
        IEnumerable<string> unused = Enumerable.Range(0, Vocab - FirstUnused).Select(i => $"zz{i}");
        writer.Add("tokenizer.ggml.model", GgufValue.Text("llama"));
        writer.Add("tokenizer.ggml.tokens", GgufValue.Texts(["<unk>", "<s>", "</s>", .. bytes, .. unused]));
        float[] scores = [.. Enumerable.Range(0, Vocab).Select(i => i < FirstUnused ? 0f : -1e4f - i)];
        int[] kinds = [.. Enumerable.Range(0, Vocab).Select(i => i == 0 ? 2 : i < 3 ? 3 : i < FirstUnused ? 6 : 1)];
        writer.Add("tokenizer.ggml.scores", GgufValue.Numbers<float>(scores));
        writer.Add("tokenizer.ggml.token_type", GgufValue.Numbers<int>(kinds));
        writer.Add("tokenizer.ggml.bos_token_id", GgufValue.Number(1u));
        writer.Add("tokenizer.ggml.eos_token_id", GgufValue.Number(2u));
        writer.Add("tokenizer.ggml.unknown_token_id", GgufValue.Number(0u));
        writer.Add("tokenizer.ggml.add_bos_token", GgufValue.Bool(true));
    }

    private static void AddTensors(GgufWriter writer, TensorType type)
    {
        var random = new Random(0);
        AddMatrix(writer, random, "token_embd", type, Vocab, Dim, 1);
        AddNorm(writer, random, "output_norm");
        AddMatrix(writer, random, "output", type, Vocab, Dim, 1 / Math.Sqrt(Dim));
        for (int layer = 0; layer < Layers; layer++)
        {
            string block = $"blk.{layer}.";
            AddNorm(writer, random, block + "attn_norm");
            AddMatrix(writer, random, block + "attn_q", type, Heads * HeadDim, Dim, 1 / Math.Sqrt(Dim));
            AddMatrix(writer, random, block + "attn_k", type, KvHeads * HeadDim, Dim, 1 / Math.Sqrt(Dim));
            AddMatrix(writer, random, block + "attn_v", type, KvHeads * HeadDim, Dim, 1 / Math.Sqrt(Dim));
            AddMatrix(writer, random, block + "attn_output", type, Dim, Heads * HeadDim, 1 / Math.Sqrt(Dim));
            AddNorm(writer, random, block + "ffn_norm");
            AddMatrix(writer, random, block + "ffn_gate", type, Ffn, Dim, 1 / Math.Sqrt(Dim));
            AddMatrix(writer, random, block + "ffn_up", type, Ffn, Dim, 1 / Math.Sqrt(Dim));
            AddMatrix(writer, random, block + "ffn_down", type, Dim, Ffn, 1 / Math.Sqrt(Ffn));
        }
    }

    private static void AddMatrix(GgufWriter writer, Random random, string name, TensorType type, long outputs, long inputs, double scale)
    {
        if (!Quantizer.CanQuantize(type))
        {
            byte[] blocks = new byte[TensorTypeInfo.BytesOf(type, outputs * inputs)];
            RandomBlocks.Fill(random, type, blocks, scale);
            writer.AddBytes(
                name + ".weight", type, [outputs, inputs], (from, bytes) => blocks.AsSpan((int)from, bytes.Length).CopyTo(bytes));
            return;
        }

        writer.AddFloats(name + ".weight", type, [outputs, inputs], (_, values) => Fill(random, values, scale, 0));
    }

    private static void AddNorm(GgufWriter writer, Random random, string name) =>
        writer.AddFloats(name + ".weight", TensorType.F32, [Dim], (_, values) => Fill(random, values, 0.1, 1));

    // Normal deviates by Box and Muller.
    private static void Fill(Random random, Span<float> values, double scale, double mean)
    {
        for (int i = 0; i < values.Length; i++)
        {
            double radius = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
            values[i] = (float)(mean + (scale * radius * Math.Cos(2 * Math.PI * random.NextDouble())));
        }
    }
}
