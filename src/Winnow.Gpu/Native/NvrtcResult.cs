namespace Winnow.Gpu.Native;

/// <summary>What a call of NVRTC returns; only what is told apart has a name here.</summary>
internal enum NvrtcResult
{
    Success = 0,
    InvalidOption = 5,
    Compilation = 6,
    BuiltinOperationFailure = 7,
}
