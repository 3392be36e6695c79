namespace Winnow.Kernels.Linear;

/// <summary>The function between the two products of a feed-forward layer; a gated layer takes one of the first two.</summary>
public enum Activation
{
    /// <summary>x * sigmoid(x).</summary>
    Silu,

    /// <summary>0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))).</summary>
    GeluTanh,

    /// <summary>x times the normal distribution's mass below x, 0.5 x (1 + erf(x / sqrt(2))). (Hendrycks and Gimpel 2016, arXiv:1606.08415.)</summary>
    Gelu,

    /// <summary>max(x, 0).</summary>
    Relu,
}
