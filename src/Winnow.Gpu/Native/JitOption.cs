namespace Winnow.Gpu.Native;

/// <summary>CUjit_option, as far as it is given.</summary>
internal enum JitOption
{
    ErrorLogBuffer = 5,
    ErrorLogBufferSizeBytes = 6,
}
