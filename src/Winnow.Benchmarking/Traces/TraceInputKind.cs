namespace Winnow.Benchmarking.Traces;

/// <summary>Where the values of an input come from.</summary>
public enum TraceInputKind
{
    /// <summary><c>random</c>: drawn from a seed.</summary>
    Random,

    /// <summary><c>scalar</c>: a number that stands in the workload.</summary>
    Scalar,

    /// <summary><c>safetensors</c>: a tensor in a file.</summary>
    Safetensors,
}
