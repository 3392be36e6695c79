namespace Winnow.Simulator.Execution.Memory;

/// <summary>A state space: turns the addresses of an access into pointers after looking whether it is allowed.</summary>
internal interface ISpace
{
    /// <summary>Replaces <see cref="Warp.Addresses"/> by pointers, also for lanes that take no part.</summary>
    /// <param name="warp">The warp.</param>
    /// <param name="lanes">Those that take part.</param>
    /// <param name="bytes">How many bytes each lane accesses.</param>
    /// <param name="access">How.</param>
    static abstract void Resolve(Warp warp, uint lanes, int bytes, Access access);
}

/// <summary>Global memory and constants.</summary>
internal readonly struct GlobalSpace : ISpace
{
    public static void Resolve(Warp warp, uint lanes, int bytes, Access access) => warp.ResolveGlobal(lanes, bytes, access);
}

/// <summary>Shared memory of the block.</summary>
internal readonly struct SharedSpace : ISpace
{
    public static void Resolve(Warp warp, uint lanes, int bytes, Access access) => warp.ResolveShared(lanes, bytes, access);
}

/// <summary>Shared memory of the cluster.</summary>
internal readonly struct ClusterSpace : ISpace
{
    public static void Resolve(Warp warp, uint lanes, int bytes, Access access) => warp.ResolveCluster(lanes, bytes, access);
}

/// <summary>Local memory of the threads.</summary>
internal readonly struct LocalSpace : ISpace
{
    public static void Resolve(Warp warp, uint lanes, int bytes, Access access) => warp.ResolveLocal(lanes, bytes, access);
}

/// <summary>Generic addresses.</summary>
internal readonly struct GenericSpace : ISpace
{
    public static void Resolve(Warp warp, uint lanes, int bytes, Access access) => warp.ResolveGeneric(lanes, bytes, access);
}
