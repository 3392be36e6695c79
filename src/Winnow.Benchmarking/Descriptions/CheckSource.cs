using System;

namespace Winnow.Benchmarking.Descriptions;

/// <summary>Where expected outputs come from: another kernel or a file. One of the two is set.</summary>
public sealed record CheckSource
{
    /// <summary>Another kernel with its launch; inputs of the same name get the same values, outputs are matched by name.</summary>
    public KernelDescription? Kernel { get; init; }

    /// <summary>A <c>.safetensors</c> file with a tensor for each output, or a <c>.bin</c> file with the only output's bytes.</summary>
    public string? DataPath { get; init; }

    /// <summary>The same with the kernel changed, where it is one.</summary>
    internal CheckSource Map(Func<KernelDescription, KernelDescription> change) => Kernel is null ? this : this with { Kernel = change(Kernel) };
}
