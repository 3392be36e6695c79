namespace Winnow.Simulator.Profiling;

/// <summary>
/// Times on the way of a warp: clocks, and in the lower bits how many trips to device memory lie on the way to them one after the other. So the later of two times
/// brings its trips along, and of two equal ones that with more trips is the later.
/// </summary>
internal static class PathTime
{
    private const int TripBits = 16;

    /// <summary>A clock.</summary>
    public const long Clock = 1L << TripBits;

    /// <summary>A time so many clocks after another.</summary>
    public static long After(long time, int clocks) => time + (clocks * Clock);

    /// <summary>The same, where device memory takes them.</summary>
    public static long AfterTrip(long time, int clocks) => After(time, clocks) + 1;

    /// <summary>The clocks of a time.</summary>
    public static long Clocks(long time) => time >> TripBits;

    /// <summary>The trips on the way to it; past 65,535 they would count as a clock.</summary>
    public static long Trips(long time) => time & (Clock - 1);
}
