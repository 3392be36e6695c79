namespace Winnow;

/// <summary>How far loading a model has come.</summary>
/// <param name="Stage">What it is busy with.</param>
/// <param name="BytesDone">Weight bytes on the device so far; while compiling, kernels.</param>
/// <param name="BytesTotal">Weight bytes in all; while compiling, kernels.</param>
public readonly record struct LoadProgress(LoadStage Stage, long BytesDone, long BytesTotal);
