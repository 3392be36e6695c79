namespace Winnow.Formats.Safetensors;

/// <summary>The dtype names of safetensors.</summary>
internal static class SafetensorsTypes
{
    private static readonly (string Name, TensorType Type)[] Table =
    [
        ("F32", TensorType.F32), ("F16", TensorType.F16), ("BF16", TensorType.BF16), ("F64", TensorType.F64),
        ("I8", TensorType.I8), ("I16", TensorType.I16), ("I32", TensorType.I32), ("I64", TensorType.I64),
        ("U8", TensorType.U8), ("U16", TensorType.U16), ("U32", TensorType.U32), ("U64", TensorType.U64), ("BOOL", TensorType.Bool),
        ("F8_E4M3", TensorType.F8_E4M3), ("F8_E5M2", TensorType.F8_E5M2), ("F8_E8M0", TensorType.F8_E8M0),
    ];

    /// <summary>The type of a name, <see cref="TensorType.Unknown"/> where it is not in the table.</summary>
    public static TensorType Find(string name)
    {
        foreach ((string known, TensorType type) in Table)
        {
            if (known == name)
            {
                return type;
            }
        }

        return TensorType.Unknown;
    }

    /// <summary>The name of a type, null where safetensors does not have it.</summary>
    public static string? NameOf(TensorType type)
    {
        foreach ((string name, TensorType known) in Table)
        {
            if (known == type)
            {
                return name;
            }
        }

        return null;
    }
}
