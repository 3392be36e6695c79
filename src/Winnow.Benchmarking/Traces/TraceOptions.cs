using System;
using System.Collections.Generic;
using Winnow.Benchmarking.Compilation;
using Winnow.Benchmarking.Descriptions;
using Winnow.Benchmarking.Timing;
using Winnow.Gpu;

namespace Winnow.Benchmarking.Traces;

/// <summary>How solutions are run, checked and timed.</summary>
public sealed record TraceOptions
{
    /// <summary>The GPU that CUDA solutions run on, measured; it stays with the caller. Null for the simulator, where times are predicted.</summary>
    public GpuDriver? Gpu { get; init; }

    /// <summary>What the simulator is, without a GPU: <c>compute_80</c>, or <c>compute_90a</c>.</summary>
    public string SimulatorArchitecture { get; init; } = "compute_80";

    /// <summary>The most instructions that one block may execute on the simulator; more is a <see cref="TraceStatus.Timeout"/>.</summary>
    public long InstructionBudget { get; init; } = 200_000_000;

    /// <summary>The longest that one run may take, measured after it, since a kernel cannot be stopped; longer is a <see cref="TraceStatus.Timeout"/>. Solutions in C# are not timed where all samples together would take longer.</summary>
    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The GPU that times are predicted for; null for no prediction.</summary>
    public GpuSpecification? PredictFor { get; init; }

    /// <summary>How times are taken.</summary>
    public TimingOptions Timing { get; init; } = new();

    /// <summary>What random inputs are drawn from.</summary>
    public int Seed { get; init; }

    /// <summary>Only solutions with this in their name or in that of their definition; empty for all.</summary>
    public string Filter { get; init; } = "";

    /// <summary>The most workloads of each definition that are run, the first ones; 0 for all. Published sets have some that take the simulator hours.</summary>
    public int MaxWorkloads { get; init; }

    /// <summary>What outputs are compared with, by definition or op_type.</summary>
    public TraceReferences References { get; init; } = TraceReferences.Shipped();

    /// <summary>The name of another solution to compare with, before anything else; on a GPU the two take turns. Null for none.</summary>
    public string? ReferenceSolution { get; init; }

    /// <summary>A folder of expected outputs, <c>UUID.safetensors</c> for a workload with a tensor for each output; where a file is there it goes before <see cref="References"/>.</summary>
    public string? ExpectedFolder { get; init; }

    /// <summary>What is allowed instead of the project's rule, which is twice the error of a plain computation, plus one unit in the last place; null for the rule.</summary>
    public Tolerance? Tolerance { get; init; }

    /// <summary>How well outputs that are drawn at random are tested.</summary>
    public TraceDrawOptions Draws { get; init; } = new();

    /// <summary>Solutions in C#.</summary>
    public IReadOnlyList<TraceOperation> Operations { get; init; } = [];

    /// <summary>Where headers are sought that a solution does not bring along.</summary>
    public IReadOnlyList<string> IncludeFolders { get; init; } = [];

    /// <summary>What tells the time that stands in traces.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
