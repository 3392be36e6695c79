namespace Winnow.Kernels;

/// <summary>
/// The element type of a tensor: plain numbers, the GGUF block types that weights are kept in, and those of them in the order in which a device multiplies
/// (<see cref="Linear.ILinear.Arrange"/>).
/// </summary>
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

    /// <summary><see cref="Q4_0"/> with blocks of 16 rows interleaved, as <see cref="DTypes.GroupRows"/> says.</summary>
    Q4_0x16,

    /// <summary><see cref="Q8_0"/> with blocks of 16 rows interleaved, as <see cref="DTypes.GroupRows"/> says.</summary>
    Q8_0x16,

    /// <summary><see cref="Q4_K"/> with blocks of 16 rows interleaved, as <see cref="DTypes.GroupRows"/> says.</summary>
    Q4_Kx16,

    /// <summary><see cref="Q5_K"/> with blocks of 16 rows interleaved, as <see cref="DTypes.GroupRows"/> says.</summary>
    Q5_Kx16,

    /// <summary><see cref="Q6_K"/> with blocks of 16 rows interleaved, as <see cref="DTypes.GroupRows"/> says.</summary>
    Q6_Kx16,

    /// <summary><see cref="Q4_1"/> with blocks of 16 rows interleaved, as <see cref="DTypes.GroupRows"/> says.</summary>
    Q4_1x16,

    /// <summary><see cref="Q5_0"/> with blocks of 16 rows interleaved, as <see cref="DTypes.GroupRows"/> says.</summary>
    Q5_0x16,

    /// <summary><see cref="Q5_1"/> with blocks of 16 rows interleaved, as <see cref="DTypes.GroupRows"/> says.</summary>
    Q5_1x16,

    /// <summary><see cref="IQ4_NL"/> with blocks of 16 rows interleaved, as <see cref="DTypes.GroupRows"/> says.</summary>
    IQ4_NLx16,

    /// <summary><see cref="F16"/> with 32 values at a time of 8 rows interleaved, as <see cref="DTypes.GroupRows"/> says; all of them are finite.</summary>
    F16x8,

    /// <summary><see cref="BF16"/> with 32 values at a time of 8 rows interleaved, as <see cref="DTypes.GroupRows"/> says.</summary>
    BF16x8,
}
