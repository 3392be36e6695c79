namespace Winnow.Kernels.Norm;

/// <summary>The norms of rows.</summary>
internal enum NormKind
{
    /// <summary>output = rms(input).</summary>
    Rms,

    /// <summary>output += rms(input).</summary>
    RmsAdded,

    /// <summary>residual += input, output = rms(residual).</summary>
    RmsOfSum,

    /// <summary>output = layer(input).</summary>
    Layer,
}
