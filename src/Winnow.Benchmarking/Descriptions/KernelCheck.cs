using System;

namespace Winnow.Benchmarking.Descriptions;

/// <summary>What the outputs of a kernel are compared with, and how closely.</summary>
public sealed record KernelCheck
{
    /// <summary>Where the expected outputs come from; best computed in double precision.</summary>
    public required CheckSource Reference { get; init; }

    /// <summary>A plain computation in the kernel's own types, whose error against the reference sets what is allowed; null for the reference, rounded.</summary>
    public CheckSource? Plain { get; init; }

    /// <summary>What is allowed instead of the rule; null for the rule.</summary>
    public Tolerance? Tolerance { get; init; }

    /// <summary>The same with the kernels that it compares with changed.</summary>
    internal KernelCheck Map(Func<KernelDescription, KernelDescription> change) => this with { Reference = Reference.Map(change), Plain = Plain?.Map(change) };
}
