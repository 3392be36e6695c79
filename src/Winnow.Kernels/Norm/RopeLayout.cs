namespace Winnow.Kernels.Norm;

/// <summary>Which two elements of a head rotate together.</summary>
public enum RopeLayout
{
    /// <summary>Elements i and i + rotary / 2 (Hugging Face files; "NEOX").</summary>
    HalfSplit,

    /// <summary>Elements 2i and 2i + 1 (GGUF files of architecture llama; "NORM").</summary>
    Interleaved,
}
