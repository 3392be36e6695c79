using System;
using System.Linq;
using Winnow.Benchmarking.Descriptions;
using Winnow.Formats;

namespace Winnow.Benchmarking.Traces;

/// <summary>The schema's names of types, and what they are here.</summary>
internal static class TraceDTypes
{
    private static readonly (TraceDType Type, string Name, ElementType? Element, TensorType Stored)[] All =
    [
        (TraceDType.Float32, "float32", ElementType.F32, TensorType.F32),
        (TraceDType.Float16, "float16", ElementType.F16, TensorType.F16),
        (TraceDType.BFloat16, "bfloat16", ElementType.BF16, TensorType.BF16),
        (TraceDType.Float8E4M3, "float8_e4m3fn", ElementType.F8E4M3, TensorType.F8_E4M3),
        (TraceDType.Float8E5M2, "float8_e5m2", ElementType.F8E5M2, TensorType.F8_E5M2),
        (TraceDType.Float4E2M1, "float4_e2m1", null, TensorType.Unknown),
        (TraceDType.Int64, "int64", ElementType.I64, TensorType.I64),
        (TraceDType.Int32, "int32", ElementType.I32, TensorType.I32),
        (TraceDType.Int16, "int16", ElementType.I16, TensorType.I16),
        (TraceDType.Int8, "int8", ElementType.I8, TensorType.I8),
        (TraceDType.Bool, "bool", ElementType.U8, TensorType.Bool),
    ];

    /// <summary>The names, for messages.</summary>
    public static string AllNames => string.Join(", ", All.Select(row => row.Name));

    /// <summary>The names of those that something here can compute with.</summary>
    public static string UsableNames => string.Join(", ", All.Where(row => row.Element is not null).Select(row => row.Name));

    /// <summary>The name, as the schema has it.</summary>
    public static string NameOf(this TraceDType type) => Row(type).Name;

    /// <summary>The element type; null where nothing here computes with it.</summary>
    public static ElementType? Element(this TraceDType type) => Row(type).Element;

    /// <summary>The type that a safetensors file states.</summary>
    public static TensorType Stored(this TraceDType type) => Row(type).Stored;

    /// <summary>Finds a type by the schema's name.</summary>
    public static TraceDType? Find(string name) =>
        name == "float8_e4m3" ? TraceDType.Float8E4M3
        : Array.FindIndex(All, row => row.Name == name) is >= 0 and int index ? All[index].Type
        : null;

    private static (TraceDType Type, string Name, ElementType? Element, TensorType Stored) Row(TraceDType type) => All[(int)type];
}
