using System.Numerics;
using Winnow.Gpu;

namespace Winnow.Simulator.Execution;

/// <content>Lanes that wait for what runs beside them.</content>
internal sealed unsafe partial class Warp
{
    /// <summary>Whether it waited for the launches before, or comes after a warp that did.</summary>
    public bool HasWaitedForGrids { get; set; }

    /// <summary>Lets lanes wait before the present instruction, which they then execute again.</summary>
    /// <param name="lanes">Which.</param>
    /// <returns>What to give <see cref="Release"/>.</returns>
    public Split WaitToRepeat(uint lanes)
    {
        Split split = WaitForBarrier(lanes);
        Pc--;
        return split;
    }

    /// <summary>Lets others go first: other lanes of the warp, and other warps. What the lanes look for has not come.</summary>
    public void Yield()
    {
        _current!.IsPatient = true;
        _isYielding = true;
        Stop();
    }

    /// <summary>The exception for a finding about lanes that wait before an instruction.</summary>
    public GpuFaultException FaultBefore(Split split, string kind, string problem)
    {
        Resume(split);
        Pc++;
        return Fault(kind, BitOperations.TrailingZeroCount(split.Lanes), problem);
    }

    /// <summary>Who goes before lanes that let others go first; null where all do, who then begin anew.</summary>
    private Split? ChooseOther()
    {
        Split? best = null;
        foreach (Split split in _splits)
        {
            if (split is { State: SplitState.Ready, IsPatient: false } && (best is null || IsBefore(split, best)))
            {
                best = split;
            }
        }

        if (best is null)
        {
            _splits.ForEach(static split => split.IsPatient = false);
        }

        return best;
    }
}
