namespace Winnow.Simulator;

/// <summary>Accesses of one kind to global memory.</summary>
/// <param name="Requests">Instructions of a warp that made at least one access.</param>
/// <param name="Bytes">Bytes that threads asked for, counted for each thread.</param>
/// <param name="Sectors">Sectors of 32 bytes that were touched, each once for a request: what goes over the wire, caches aside.</param>
public readonly record struct GlobalTraffic(long Requests, long Bytes, long Sectors)
{
    /// <summary>Bytes of a sector.</summary>
    public const int SectorBytes = 32;

    /// <summary>Sectors a request touches on average; 4 for 32 neighbouring numbers of 32 bits, 32 where every thread has its own.</summary>
    public double SectorsPerRequest => Requests == 0 ? 0 : (double)Sectors / Requests;

    /// <summary>Bytes asked for in proportion to bytes moved: 1 where all lanes lie side by side; more where threads read the same bytes; 0 without accesses.</summary>
    public double Coalescing => Sectors == 0 ? 0 : Bytes / (double)(Sectors * SectorBytes);

    /// <summary>Adds two counts.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    public static GlobalTraffic operator +(GlobalTraffic left, GlobalTraffic right)
        => new(left.Requests + right.Requests, left.Bytes + right.Bytes, left.Sectors + right.Sectors);
}
