namespace Winnow.Benchmarking.Timing;

/// <summary>How a kernel is kept from finding its data in the cache because it has just run.</summary>
public enum TimingMethod
{
    /// <summary>Events around one launch, after twice the second-level cache has been written over. What <c>inout</c> arguments hold is put back before.</summary>
    Flush,

    /// <summary>A graph of launches over several copies of the arguments, five times the second-level cache together: what launches from a graph cost, without gaps.</summary>
    Rotate,

    /// <summary>A graph of launches over the same arguments: what a kernel takes whose data is in the cache.</summary>
    Warm,
}
