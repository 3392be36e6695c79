namespace Winnow.Benchmarking.Traces;

/// <summary>Where a workload takes one input from.</summary>
public sealed record TraceInput
{
    /// <summary>The kind of source.</summary>
    public required TraceInputKind Kind { get; init; }

    /// <summary>Of <see cref="TraceInputKind.Scalar"/>: a number, <c>true</c> or <c>false</c>, as JSON writes it.</summary>
    public string Value { get; init; } = "";

    /// <summary>Of <see cref="TraceInputKind.Safetensors"/>: the file, relative to the folder of the data set.</summary>
    public string Path { get; init; } = "";

    /// <summary>Of <see cref="TraceInputKind.Safetensors"/>: the tensor in it.</summary>
    public string TensorKey { get; init; } = "";
}
