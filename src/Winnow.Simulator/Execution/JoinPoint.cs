namespace Winnow.Simulator.Execution;

/// <summary>Where lanes that a branch parted come together again, whichever way each of them took.</summary>
/// <param name="pc">The place.</param>
/// <param name="frame">The call it is in.</param>
/// <param name="lanes">The lanes.</param>
/// <param name="outer">The one of the branch that had parted them from others before; null for none.</param>
internal sealed class JoinPoint(int pc, Frame frame, uint lanes, JoinPoint? outer)
{
    /// <summary>The place.</summary>
    public int Pc => pc;

    /// <summary>The call it is in.</summary>
    public Frame Frame => frame;

    /// <summary>The lanes that wait for each other there; not those that had to go on.</summary>
    public uint Lanes { get; set; } = lanes;

    /// <summary>The one of the branch that had parted them from others before; null for none.</summary>
    public JoinPoint? Outer => outer;

    /// <summary>What lanes that have met have before them: where both of them were to meet others.</summary>
    public static JoinPoint? Common(JoinPoint? one, JoinPoint? other)
    {
        for (; one is not null; one = one.Outer)
        {
            for (JoinPoint? candidate = other; candidate is not null; candidate = candidate.Outer)
            {
                if (candidate == one)
                {
                    return one;
                }
            }
        }

        return null;
    }
}
