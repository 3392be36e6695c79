namespace Winnow.Benchmarking.Traces;

/// <summary>What the CUDA solutions of a run share: after a fault a GPU refuses all work, and what follows is not to blame.</summary>
internal sealed class TraceDevice
{
    /// <summary>Why nothing more runs on the GPU; null as long as it works.</summary>
    public string? Lost { get; set; }
}
