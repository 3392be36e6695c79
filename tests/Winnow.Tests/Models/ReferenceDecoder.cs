using System;
using System.Linq;

namespace Winnow.Tests.Models;

/// <summary>
/// The forward pass of every family once more: naive, in double, one token after another, written from the published descriptions and
/// sharing nothing with the product. What differs between families is decided by the model's type right here.
/// </summary>
internal sealed class ReferenceDecoder(RandomModel model, Func<int, bool, double> inverseFrequency, double ropeMagnitude = 1)
{
    private const int D = RandomModel.HeadDim;
    private const double Epsilon = 1e-5;
    private readonly bool _gemma = model.ModelType.StartsWith("gemma", StringComparison.Ordinal);

    public double EmbeddingScale { get; init; } = 1;

    public double AttentionScale { get; init; } = 1 / Math.Sqrt(D);

    public double AttentionCap { get; init; }

    public double LogitCap { get; init; }

    /// <summary>Which layers see only the last <see cref="RandomModel.Window"/> tokens.</summary>
    public Func<int, bool> IsWindowed { get; init; } = _ => false;

    public int RotaryDims { get; init; } = D;

    /// <summary>Logits of every token.</summary>
    public double[][] Run(int[] tokens)
    {
        double[][] hidden = [.. tokens.Select(token =>
            Row("model.embed_tokens.weight", token, RandomModel.Hidden).Select(value => value * EmbeddingScale).ToArray())];
        for (int layer = 0; layer < RandomModel.Layers; layer++)
        {
            string prefix = $"model.layers.{layer}.";
            double[][] attended = Attend(prefix, layer, [.. hidden.Select(row => Norm(row, prefix + "input_layernorm.weight"))]);
            for (int t = 0; t < tokens.Length; t++)
            {
                double[] block = Multiply(prefix + "self_attn.o_proj.weight", attended[t], RandomModel.Hidden);
                hidden[t] = Sum(hidden[t], _gemma ? Norm(block, prefix + "post_attention_layernorm.weight") : block);
                string before = _gemma ? "pre_feedforward_layernorm.weight" : "post_attention_layernorm.weight";
                double[] fed = FeedForward(prefix, Norm(hidden[t], prefix + before));
                hidden[t] = Sum(hidden[t], _gemma ? Norm(fed, prefix + "post_feedforward_layernorm.weight") : fed);
            }
        }

        string output = _gemma ? "model.embed_tokens.weight" : "lm_head.weight";
        return [.. hidden.Select(row =>
            Multiply(output, Norm(row, "model.norm.weight"), RandomModel.Vocab).Select(logit => Cap(logit, LogitCap)).ToArray())];
    }

    private static double Cap(double value, double cap) => cap > 0 ? cap * Math.Tanh(value / cap) : value;

    private static double[] Sum(double[] a, double[] b) => [.. a.Zip(b, (x, y) => x + y)];

    private double[][] Attend(string prefix, int layer, double[][] rows)
    {
        double[][] queries = [.. rows.Select((row, t) => Heads(prefix, "q", row, t, RandomModel.Heads, 0, layer))];
        double[][] keys = [.. rows.Select((row, t) => Heads(prefix, "k", row, t, RandomModel.KvHeads, RandomModel.Heads, layer))];
        double[][] values = [.. rows.Select((row, t) => Heads(prefix, "v", row, t, RandomModel.KvHeads, RandomModel.Heads + RandomModel.KvHeads, layer))];
        double[][] result = [.. rows.Select(_ => new double[RandomModel.Heads * D])];
        for (int t = 0; t < rows.Length; t++)
        {
            for (int head = 0; head < RandomModel.Heads; head++)
            {
                int shared = head / (RandomModel.Heads / RandomModel.KvHeads);
                int first = IsWindowed(layer) ? Math.Max(0, t - RandomModel.Window + 1) : 0;
                double[] scores = [.. Enumerable.Range(first, t - first + 1).Select(k => Cap(
                    AttentionScale * Enumerable.Range(0, D).Sum(i => queries[t][(head * D) + i] * keys[k][(shared * D) + i]), AttentionCap))];
                double most = scores.Max();
                double total = scores.Sum(score => Math.Exp(score - most));
                for (int i = 0; i < D; i++)
                {
                    result[t][(head * D) + i] = scores.Select((score, j) => Math.Exp(score - most) / total * values[first + j][(shared * D) + i]).Sum();
                }
            }
        }

        return result;
    }

    private double[] Heads(string prefix, string kind, double[] row, int position, int heads, int firstFusedHead, int layer)
    {
        double[] all = model.ModelType == "phi3"
            ? Multiply(prefix + "self_attn.qkv_proj.weight", row, heads * D, firstFusedHead * D)
            : Multiply(prefix + $"self_attn.{kind}_proj.weight", row, heads * D);
        if (model.ModelType == "qwen2")
        {
            all = Sum(all, [.. model.Get(prefix + $"self_attn.{kind}_proj.bias").Select(value => (double)value)]);
        }

        if (kind == "v")
        {
            return all;
        }

        bool normalized = model.ModelType is "qwen3" or "gemma3_text";
        return [.. Enumerable.Range(0, heads).SelectMany(head =>
        {
            double[] one = all[(head * D)..((head + 1) * D)];
            return Rotate(normalized ? Norm(one, prefix + $"self_attn.{kind}_norm.weight") : one, position, IsWindowed(layer));
        })];
    }

    private double[] Rotate(double[] head, int position, bool windowed)
    {
        double[] rotated = [.. head];
        int half = RotaryDims / 2;
        for (int j = 0; j < half; j++)
        {
            double angle = position * inverseFrequency(j, windowed);
            (double sin, double cos) = Math.SinCos(angle);
            rotated[j] = ropeMagnitude * ((head[j] * cos) - (head[j + half] * sin));
            rotated[j + half] = ropeMagnitude * ((head[j + half] * cos) + (head[j] * sin));
        }

        return rotated;
    }

    private double[] FeedForward(string prefix, double[] row)
    {
        bool fused = model.ModelType == "phi3";
        double[] gate = Multiply(prefix + (fused ? "mlp.gate_up_proj.weight" : "mlp.gate_proj.weight"), row, RandomModel.Ffn);
        double[] up = fused
            ? Multiply(prefix + "mlp.gate_up_proj.weight", row, RandomModel.Ffn, RandomModel.Ffn)
            : Multiply(prefix + "mlp.up_proj.weight", row, RandomModel.Ffn);
        double[] product = [.. gate.Zip(up, (g, u) => Activate(g) * u)];
        return Multiply(prefix + "mlp.down_proj.weight", product, RandomModel.Hidden);
    }

    private double Activate(double x) => _gemma
        ? 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x))))
        : x / (1 + Math.Exp(-x));

    private double[] Norm(double[] row, string weight)
    {
        double scale = 1 / Math.Sqrt(row.Average(value => value * value) + Epsilon);
        return [.. row.Zip(model.Get(weight), (value, w) => value * scale * (w + (_gemma ? 1.0 : 0.0)))];
    }

    private double[] Row(string name, int row, int columns) =>
        [.. model.Get(name).AsSpan(row * columns, columns).ToArray().Select(value => (double)value)];

    private double[] Multiply(string name, double[] row, int outputs, int firstRow = 0) =>
        [.. Enumerable.Range(firstRow, outputs).Select(o => Row(name, o, row.Length).Zip(row, (w, x) => w * x).Sum())];
}
