namespace Winnow.Simulator.Execution;

/// <summary>Whether executed instructions are counted: a type and not a flag, so that where they are not nothing is asked.</summary>
internal interface ICounting
{
    /// <summary>Counts an instruction that was just executed.</summary>
    /// <param name="warp">By whom.</param>
    /// <param name="frame">The call that it belongs to.</param>
    /// <param name="pc">The place in the function.</param>
    /// <param name="lanes">The lanes that took part.</param>
    static abstract void Count(Warp warp, Frame frame, int pc, uint lanes);
}

/// <summary>They are not.</summary>
internal readonly struct NoCounting : ICounting
{
    public static void Count(Warp warp, Frame frame, int pc, uint lanes)
    {
    }
}

/// <summary>They are, but for lanes that wait for others and execute the instruction again.</summary>
internal readonly struct Counting : ICounting
{
    public static void Count(Warp warp, Frame frame, int pc, uint lanes)
    {
        if (!warp.IsToRepeat)
        {
            warp.Block.Counters!.AddInstruction(frame.Code.Traits[pc], lanes);
        }

        warp.Flow!.End(frame, pc, lanes);
    }
}
