namespace Winnow.Simulator.Profiling;

/// <summary>
/// A time on the way of a warp: clocks, and in the lower bits of the same number how many trips to device memory lie on the way to it one after the other. So the
/// later of two times brings its trips along, and of two equal ones that with more trips is the later. Where ways are traced it knows its last step, too.
/// </summary>
internal readonly struct PathTime
{
    private const int TripBits = 16;
    private const int MarkShift = 32;
    private const long Clock = 1L << TripBits;

    // Two numbers and not three, because they stay in registers then.
    private readonly long _time;
    private readonly ulong _way;

    private PathTime(long time, ulong way) => (_time, _way) = (time, way);

    /// <summary>Its clocks.</summary>
    public long Clocks => _time >> TripBits;

    /// <summary>The trips on the way to it; past 65,535 they would count as a clock.</summary>
    public long Trips => _time & (Clock - 1);

    /// <summary>The last step on the way to it, see <see cref="PathTrace"/>; 0 for none.</summary>
    public int Step => (int)(uint)_way;

    /// <summary>What tells ways apart that take as long: of two such the same one counts, whoever comes first.</summary>
    public uint Mark => (uint)(_way >> MarkShift);

    /// <summary>The later of two times.</summary>
    public static PathTime Max(PathTime one, PathTime other) => other.IsLaterThan(one) ? other : one;

    /// <summary>The earlier of two times.</summary>
    public static PathTime Min(PathTime one, PathTime other) => other.IsLaterThan(one) ? one : other;

    /// <summary>Whether it is later than another one.</summary>
    public bool IsLaterThan(PathTime other) => _time > other._time || (_time == other._time && _way > other._way);

    /// <summary>A time so many clocks later.</summary>
    /// <param name="clocks">The clocks.</param>
    /// <param name="trips">How many of 0 and 1 trips they are.</param>
    public PathTime After(int clocks, int trips = 0) => new(_time + (clocks * Clock) + trips, _way);

    /// <summary>The same time at the end of a step.</summary>
    public PathTime At(int step, uint mark) => new(_time, ((ulong)mark << MarkShift) | (uint)step);
}
