using System;
using System.Collections.Generic;
using System.Numerics;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Profiling;

/// <summary>
/// The steps on the ways of the warps of a cluster: each knows the one before it, so that the way to a <see cref="PathTime"/> can be told from its last step. What
/// is no step is arithmetic.
/// </summary>
internal sealed class PathTrace
{
    private const uint Mixer = 0x9E3779B1;

    // The first stands for none.
    private Step[] _steps = new Step[1024];
    private int _count = 1;

    /// <summary>Begins with other blocks.</summary>
    public void Clear() => _count = 1;

    /// <summary>A time so many clocks after another, because an instruction takes them.</summary>
    /// <param name="time">The other time.</param>
    /// <param name="clocks">The clocks.</param>
    /// <param name="trips">How many of 0 and 1 trips they are.</param>
    /// <param name="part">What takes them.</param>
    /// <param name="source">The instruction.</param>
    public PathTime After(PathTime time, int clocks, int trips, PathPart part, PtxInstruction source)
    {
        if (_count == _steps.Length)
        {
            Array.Resize(ref _steps, 2 * _count);
        }

        _steps[_count] = new Step(time.Step, clocks, part, source);
        uint mark = (BitOperations.RotateLeft(time.Mark, 5) ^ (uint)((source.PtxLine * 16) + (int)part)) * Mixer;
        return time.After(clocks, trips).At(_count++, mark);
    }

    /// <summary>The steps on the way to a time, the last one first.</summary>
    public IEnumerable<Step> StepsTo(PathTime time)
    {
        for (int i = time.Step; i != 0; i = _steps[i].Before)
        {
            yield return _steps[i];
        }
    }

    /// <summary>A step.</summary>
    /// <param name="Before">The one before it; 0 for none.</param>
    /// <param name="Clocks">How long it takes.</param>
    /// <param name="Part">What takes so long.</param>
    /// <param name="Source">The instruction.</param>
    public readonly record struct Step(int Before, int Clocks, PathPart Part, PtxInstruction Source);
}
