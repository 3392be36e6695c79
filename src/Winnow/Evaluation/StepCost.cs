using System;
using Winnow.Models;

namespace Winnow.Evaluation;

/// <summary>What a model's arithmetic comes to, from its configuration alone.</summary>
/// <param name="config">The model.</param>
internal readonly struct StepCost(ModelConfig config)
{
    /// <summary>Values in the matrices of all layers.</summary>
    public double LayerWeights
    {
        get
        {
            double queries = (double)config.Heads * config.HeadDim;
            double keys = (double)config.KvHeads * config.HeadDim;
            return config.Layers * (double)config.Hidden * ((2 * queries) + (2 * keys) + (3.0 * config.Ffn));
        }
    }

    /// <summary>Values in the output matrix.</summary>
    public double OutputWeights => (double)config.Vocab * config.Hidden;

    /// <summary>Operations of attention from one query to so many slots, in all layers.</summary>
    public double Attention(double slots) => 4.0 * config.Layers * config.Heads * config.HeadDim * slots;

    /// <summary>Operations of a token that sees so many slots and becomes logits.</summary>
    public double Token(double slots) => (2 * (LayerWeights + OutputWeights)) + Attention(slots);

    /// <summary>Operations of a prompt: each token sees those before it and itself, and only the last becomes logits.</summary>
    public double Prompt(int tokens) => (2 * ((LayerWeights * tokens) + OutputWeights)) + Attention(tokens * (tokens + 1.0) / 2);

    /// <summary>Bytes of matrices that a step reads, where all weights take so many bytes: the embedding table is read by the row, unless it is the output matrix, too.</summary>
    public long ReadBytes(long weightBytes) => config.TiedEmbeddings
        ? weightBytes
        : (long)(weightBytes * (LayerWeights + OutputWeights) / Math.Max(1, LayerWeights + (2 * OutputWeights)));
}
