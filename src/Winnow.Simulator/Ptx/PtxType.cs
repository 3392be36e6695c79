namespace Winnow.Simulator.Ptx;

/// <summary>The fundamental types of PTX.</summary>
internal static class PtxType
{
    /// <summary>The width of a type, bits: 1 for pred; 0 where the name is no type.</summary>
    /// <param name="type">The type without its dot, for instance <c>f32</c>.</param>
    public static int Bits(string type) => type switch
    {
        "pred" => 1,
        "b8" or "u8" or "s8" or "e4m3" or "e5m2" => 8,
        "b16" or "u16" or "s16" or "f16" or "bf16" or "e4m3x2" or "e5m2x2" => 16,
        "b32" or "u32" or "s32" or "f32" or "f16x2" or "bf16x2" or "tf32" => 32,
        "b64" or "u64" or "s64" or "f64" or "f32x2" => 64,
        "b128" => 128,
        _ => 0,
    };

    /// <summary>Whether numbers of the type are floats.</summary>
    /// <param name="type">The type without its dot.</param>
    public static bool IsFloat(string type) => type is "f16" or "bf16" or "f32" or "f64";
}
