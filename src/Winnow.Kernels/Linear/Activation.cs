namespace Winnow.Kernels.Linear;

/// <summary>The function on the gate of a gated feed-forward layer.</summary>
public enum Activation
{
    /// <summary>x * sigmoid(x).</summary>
    Silu,

    /// <summary>0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))).</summary>
    GeluTanh,
}
