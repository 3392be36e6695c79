using System.Diagnostics.CodeAnalysis;

namespace Winnow.Formats;

/// <summary>How the values of a tensor are stored in a model file.</summary>
/// <remarks>
/// Values from 0 to 99 are the type ids of GGUF; those from 100 on exist in safetensors only. <see cref="TensorTypeInfo"/> says how
/// many bytes each takes and which of them Winnow turns into floats.
/// </remarks>
[SuppressMessage("Naming", "CA1707", Justification = "The underscore is part of the names by which the field knows these types.")]
public enum TensorType
{
    /// <summary>A type that this version does not know: the tensor is listed, reading it is refused.</summary>
    Unknown = -1,

    /// <summary>32-bit float.</summary>
    F32 = 0,

    /// <summary>16-bit float, IEEE half.</summary>
    F16 = 1,

    /// <summary>32 values in 18 bytes: a half scale and 4-bit values from -8 to 7.</summary>
    Q4_0 = 2,

    /// <summary>32 values in 20 bytes: a half scale, a half minimum, 4-bit values.</summary>
    Q4_1 = 3,

    /// <summary>32 values in 22 bytes: a half scale and 5-bit values from -16 to 15.</summary>
    Q5_0 = 6,

    /// <summary>32 values in 24 bytes: a half scale, a half minimum, 5-bit values.</summary>
    Q5_1 = 7,

    /// <summary>32 values in 34 bytes: a half scale and signed bytes.</summary>
    Q8_0 = 8,

    /// <summary>32 values in 36 bytes: as Q8_0 with the sum of the values; an intermediate of others, not a weight type.</summary>
    Q8_1 = 9,

    /// <summary>256 values in 84 bytes.</summary>
    Q2_K = 10,

    /// <summary>256 values in 110 bytes.</summary>
    Q3_K = 11,

    /// <summary>256 values in 144 bytes: eight groups with 6-bit scales and minimums, 4-bit values.</summary>
    Q4_K = 12,

    /// <summary>256 values in 176 bytes: as Q4_K with 5-bit values.</summary>
    Q5_K = 13,

    /// <summary>256 values in 210 bytes: sixteen groups with signed byte scales, 6-bit values.</summary>
    Q6_K = 14,

    /// <summary>256 values in 292 bytes; an intermediate of others, not a weight type.</summary>
    Q8_K = 15,

    /// <summary>256 values in 66 bytes.</summary>
    IQ2_XXS = 16,

    /// <summary>256 values in 74 bytes.</summary>
    IQ2_XS = 17,

    /// <summary>256 values in 98 bytes.</summary>
    IQ3_XXS = 18,

    /// <summary>256 values in 50 bytes.</summary>
    IQ1_S = 19,

    /// <summary>32 values in 18 bytes: a half scale and 4-bit indices into a fixed table of sixteen values.</summary>
    IQ4_NL = 20,

    /// <summary>256 values in 110 bytes.</summary>
    IQ3_S = 21,

    /// <summary>256 values in 82 bytes.</summary>
    IQ2_S = 22,

    /// <summary>256 values in 136 bytes.</summary>
    IQ4_XS = 23,

    /// <summary>Signed 8-bit integer.</summary>
    I8 = 24,

    /// <summary>Signed 16-bit integer.</summary>
    I16 = 25,

    /// <summary>Signed 32-bit integer.</summary>
    I32 = 26,

    /// <summary>Signed 64-bit integer.</summary>
    I64 = 27,

    /// <summary>64-bit float.</summary>
    F64 = 28,

    /// <summary>256 values in 56 bytes.</summary>
    IQ1_M = 29,

    /// <summary>16-bit brain float, the upper half of a 32-bit float.</summary>
    BF16 = 30,

    /// <summary>256 values in 54 bytes, ternary.</summary>
    TQ1_0 = 34,

    /// <summary>256 values in 66 bytes, ternary.</summary>
    TQ2_0 = 35,

    /// <summary>32 values in 17 bytes: a power-of-two scale and 4-bit floats.</summary>
    MXFP4 = 39,

    /// <summary>64 values in 36 bytes: 8-bit float scales and 4-bit floats.</summary>
    NVFP4 = 40,

    /// <summary>128 values in 18 bytes.</summary>
    Q1_0 = 41,

    /// <summary>64 values in 18 bytes.</summary>
    Q2_0 = 42,

    /// <summary>One byte, 0 or 1.</summary>
    Bool = 100,

    /// <summary>Unsigned 8-bit integer.</summary>
    U8 = 101,

    /// <summary>Unsigned 16-bit integer.</summary>
    U16 = 102,

    /// <summary>Unsigned 32-bit integer.</summary>
    U32 = 103,

    /// <summary>Unsigned 64-bit integer.</summary>
    U64 = 104,

    /// <summary>8-bit float with 4 exponent bits.</summary>
    F8_E4M3 = 105,

    /// <summary>8-bit float with 5 exponent bits.</summary>
    F8_E5M2 = 106,

    /// <summary>8-bit power of two, the scale of microscaling formats.</summary>
    F8_E8M0 = 107,
}
