namespace Winnow.Kernels;

/// <summary>The element type of a tensor: plain numbers, and the GGUF block types that weights are kept in.</summary>
public enum DType
{
    /// <summary>32-bit IEEE float.</summary>
    F32,

    /// <summary>16-bit IEEE float.</summary>
    F16,

    /// <summary>16-bit brain float.</summary>
    BF16,

    /// <summary>32-bit signed integer.</summary>
    I32,

    /// <summary>8-bit unsigned integer.</summary>
    U8,

    /// <summary>8-bit signed integer.</summary>
    I8,

    /// <summary>GGUF: 32 values in 18 bytes, 4 bits each, one half scale.</summary>
    Q4_0,

    /// <summary>GGUF: 32 values in 20 bytes, 4 bits each, half scale and minimum.</summary>
    Q4_1,

    /// <summary>GGUF: 32 values in 22 bytes, 5 bits each, one half scale.</summary>
    Q5_0,

    /// <summary>GGUF: 32 values in 24 bytes, 5 bits each, half scale and minimum.</summary>
    Q5_1,

    /// <summary>GGUF: 32 values in 34 bytes, 8 bits each, one half scale.</summary>
    Q8_0,

    /// <summary>GGUF: 256 values in 144 bytes, 4 bits each, 6-bit scales and minima of 32.</summary>
    Q4_K,

    /// <summary>GGUF: 256 values in 176 bytes, 5 bits each, 6-bit scales and minima of 32.</summary>
    Q5_K,

    /// <summary>GGUF: 256 values in 210 bytes, 6 bits each, 8-bit scales of 16.</summary>
    Q6_K,

    /// <summary>GGUF: 32 values in 18 bytes, 4 bits each through a table of 16 levels, one half scale.</summary>
    IQ4_NL,
}
