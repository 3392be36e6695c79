namespace Winnow.Kernels.Linear.Cpu;

/// <summary>The instructions that products of bytes are made of.</summary>
internal enum ByteLevel
{
    /// <summary>Those of any processor.</summary>
    Plain,

    /// <summary>AVX2.</summary>
    Avx2,

    /// <summary>AVX-VNNI.</summary>
    Vnni,
}
