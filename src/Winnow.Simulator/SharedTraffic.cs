namespace Winnow.Simulator;

/// <summary>Accesses to shared memory: 32 banks of 4 bytes, each of which serves one word at a time.</summary>
/// <param name="Requests">Instructions of a warp that made at least one access.</param>
/// <param name="Bytes">Bytes that threads asked for, counted for each thread.</param>
/// <param name="Passes">How often the banks were used: 1 a request at best; 2 for 8 bytes a thread, 4 for 16.</param>
/// <param name="Conflicts">The passes that there would not be if no two threads asked one bank for different words.</param>
public readonly record struct SharedTraffic(long Requests, long Bytes, long Passes, long Conflicts)
{
    /// <summary>Passes in proportion to those needed: 1 without bank conflicts, k where k threads always meet in a bank; 0 without accesses.</summary>
    public double ConflictFactor => Passes == 0 ? 0 : (double)Passes / (Passes - Conflicts);

    /// <summary>Adds two counts.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    public static SharedTraffic operator +(SharedTraffic left, SharedTraffic right)
        => new(left.Requests + right.Requests, left.Bytes + right.Bytes, left.Passes + right.Passes, left.Conflicts + right.Conflicts);
}
