namespace Winnow.Benchmarking.Descriptions;

/// <summary>What a kernel's argument holds; the names in a description are these in lower case.</summary>
public enum ElementType
{
    /// <summary>32-bit IEEE float.</summary>
    F32,

    /// <summary>16-bit IEEE float.</summary>
    F16,

    /// <summary>16-bit brain float.</summary>
    BF16,

    /// <summary>64-bit IEEE float.</summary>
    F64,

    /// <summary>8-bit float with 4 bits of exponent and 3 of fraction, without infinities: <c>float8_e4m3fn</c>.</summary>
    F8E4M3,

    /// <summary>8-bit float with 5 bits of exponent and 2 of fraction: <c>float8_e5m2</c>.</summary>
    F8E5M2,

    /// <summary>8-bit signed integer.</summary>
    I8,

    /// <summary>8-bit unsigned integer.</summary>
    U8,

    /// <summary>16-bit signed integer.</summary>
    I16,

    /// <summary>16-bit unsigned integer.</summary>
    U16,

    /// <summary>32-bit signed integer.</summary>
    I32,

    /// <summary>32-bit unsigned integer.</summary>
    U32,

    /// <summary>64-bit signed integer.</summary>
    I64,

    /// <summary>64-bit unsigned integer.</summary>
    U64,
}
