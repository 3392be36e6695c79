using System.Collections.Generic;

namespace Winnow.Benchmarking.Traces;

/// <summary>What a solution is written in and where it begins.</summary>
public sealed record TraceBuildSpec
{
    /// <summary><c>cuda</c>, <c>cpp</c>, <c>python</c>, <c>triton</c> or <c>tilelang</c>.</summary>
    public required string Language { get; init; }

    /// <summary>What it is written for, for instance <c>NVIDIA_H100</c>.</summary>
    public required IReadOnlyList<string> TargetHardware { get; init; }

    /// <summary>The file and the function in it: <c>kernel.cu::rmsnorm</c>.</summary>
    public required string EntryPoint { get; init; }

    /// <summary>Libraries that it needs. They are kept, and nothing here provides them.</summary>
    public IReadOnlyList<string> Dependencies { get; init; } = [];

    /// <summary>Whether outputs are passed as the last arguments, which is the rule, or returned.</summary>
    public bool DestinationPassingStyle { get; init; } = true;

    /// <summary>How Python would call it: <c>tvm-ffi</c> or <c>torch</c>; null where it does not say.</summary>
    public string? Binding { get; init; }

    /// <summary>The file of <see cref="EntryPoint"/>.</summary>
    public string EntryFile => EntryPoint.Split("::")[0];

    /// <summary>The function of <see cref="EntryPoint"/>.</summary>
    public string EntryFunction => EntryPoint.Split("::")[1];
}
