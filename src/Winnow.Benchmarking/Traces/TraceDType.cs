namespace Winnow.Benchmarking.Traces;

/// <summary>What a tensor of a definition holds.</summary>
public enum TraceDType
{
    /// <summary><c>float32</c>.</summary>
    Float32,

    /// <summary><c>float16</c>.</summary>
    Float16,

    /// <summary><c>bfloat16</c>.</summary>
    BFloat16,

    /// <summary><c>float8_e4m3fn</c>; older files write <c>float8_e4m3</c>.</summary>
    Float8E4M3,

    /// <summary><c>float8_e5m2</c>.</summary>
    Float8E5M2,

    /// <summary><c>float4_e2m1</c>. Files with it are read, but nothing here computes with it.</summary>
    Float4E2M1,

    /// <summary><c>int64</c>.</summary>
    Int64,

    /// <summary><c>int32</c>.</summary>
    Int32,

    /// <summary><c>int16</c>.</summary>
    Int16,

    /// <summary><c>int8</c>.</summary>
    Int8,

    /// <summary><c>bool</c>, one byte that is 0 or 1.</summary>
    Bool,
}
