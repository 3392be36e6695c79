using Winnow.Kernels.Linear;

namespace Winnow.Kernels.Norm;

/// <summary>Norms, rotary embedding, activations and the embedding lookup.</summary>
public interface INorm
{
    /// <summary>output[t] = scale * table[tokens[t]].</summary>
    /// <param name="output">F32 [tokens, hidden].</param>
    /// <param name="table">[vocab, hidden], any weight type.</param>
    /// <param name="tokens">I32 [tokens], each below vocab.</param>
    /// <param name="scale">A factor; 1 for most models.</param>
    void Embed(Tensor output, Tensor table, Tensor tokens, float scale);

    /// <summary>output[r, c] = input[r, c] * rsqrt(mean_c(input[r, c]^2) + epsilon) * weight[c]. (Zhang and Sennrich 2019, arXiv:1910.07467.)</summary>
    /// <param name="output">[rows, columns], F32, which may be the input, or what <see cref="ILinear.InputType"/> of the same device says of the weights that it will be multiplied by.</param>
    /// <param name="input">F32 [rows, columns].</param>
    /// <param name="weight">F32 [columns].</param>
    /// <param name="epsilon">Added to the mean square.</param>
    void RmsNorm(Tensor output, Tensor input, Tensor weight, float epsilon);

    /// <summary>residual[r, c] += RmsNorm(input)[r, c]: the norm after a block that some models have.</summary>
    /// <param name="residual">F32 [rows, columns].</param>
    /// <param name="input">F32 [rows, columns].</param>
    /// <param name="weight">F32 [columns].</param>
    /// <param name="epsilon">Added to the mean square.</param>
    void AddRmsNorm(Tensor residual, Tensor input, Tensor weight, float epsilon);

    /// <summary>residual[r, c] += input[r, c], then output = RmsNorm(residual): what lies between two blocks, in one pass.</summary>
    /// <param name="output">F32 [rows, columns]; may be the input.</param>
    /// <param name="residual">F32 [rows, columns].</param>
    /// <param name="input">F32 [rows, columns].</param>
    /// <param name="weight">F32 [columns].</param>
    /// <param name="epsilon">Added to the mean square.</param>
    void AddThenRmsNorm(Tensor output, Tensor residual, Tensor input, Tensor weight, float epsilon);

    /// <summary>
    /// output[r, c] = (input[r, c] - mean_c) * rsqrt(variance_c + epsilon) * weight[c] + bias[c], the variance being the mean of the
    /// squared distances from the mean. (Ba, Kiros and Hinton 2016, arXiv:1607.06450.)
    /// </summary>
    /// <param name="output">F32 [rows, columns]; may be the input.</param>
    /// <param name="input">F32 [rows, columns].</param>
    /// <param name="weight">F32 [columns].</param>
    /// <param name="bias">F32 [columns]; empty means none.</param>
    /// <param name="epsilon">Added to the variance.</param>
    void LayerNorm(Tensor output, Tensor input, Tensor weight, Tensor bias, float epsilon);

    /// <summary>values = activation(values), in place: the plain feed-forward layer.</summary>
    /// <param name="values">F32, any shape.</param>
    /// <param name="activation">The function.</param>
    void Activate(Tensor values, Activation activation);

    /// <summary>table[t, i] = (cos, sin)(positions[t] * inverseFrequencies[i]) * magnitude; angles in float from integer positions.</summary>
    /// <param name="table">F32 [tokens, rotary / 2, 2].</param>
    /// <param name="positions">I32 [tokens].</param>
    /// <param name="inverseFrequencies">F32 [rotary / 2].</param>
    /// <param name="magnitude">The attention factor of yarn and longrope; 1 for others.</param>
    void RopeTable(Tensor table, Tensor positions, Tensor inverseFrequencies, float magnitude);

    /// <summary>
    /// Rotates each head of each row in place, after an optional RMS norm over the head; elements past the rotary dimensions pass
    /// through. (Su et al. 2021, arXiv:2104.09864.)
    /// </summary>
    /// <param name="heads">F32 [tokens, heads * headDim]: queries or keys.</param>
    /// <param name="headDim">The size of a head.</param>
    /// <param name="table">What <see cref="RopeTable"/> wrote, F32 [tokens, rotary / 2, 2].</param>
    /// <param name="layout">Which elements rotate together.</param>
    /// <param name="normWeight">F32 [headDim] for models that normalize heads before rotating; empty means none.</param>
    /// <param name="epsilon">Added to the mean square of the norm.</param>
    void Rope(Tensor heads, int headDim, Tensor table, RopeLayout layout, Tensor normWeight = default, float epsilon = 0);

    /// <summary>values = cap * tanh(values / cap), in place.</summary>
    /// <param name="values">F32, any shape.</param>
    /// <param name="cap">The bound, above 0.</param>
    void SoftCap(Tensor values, float cap);
}
