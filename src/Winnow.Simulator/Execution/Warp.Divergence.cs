using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using Winnow.Gpu;
using Winnow.Simulator.Execution.Control;

namespace Winnow.Simulator.Execution;

/// <content>Lanes that part and meet.</content>
internal sealed unsafe partial class Warp
{
    /// <summary>Sends lanes elsewhere; the others go on after the present instruction.</summary>
    /// <param name="target">Where to.</param>
    /// <param name="lanes">Which.</param>
    public void Branch(int target, uint lanes)
    {
        if (lanes != Active)
        {
            Part(target, lanes);
            return;
        }

        bool isBack = target < Pc;
        Pc = target;
        if (isBack && _splits.Count > 1)
        {
            // Others may wait on the way.
            Stop();
        }
    }

    /// <summary>Ends lanes.</summary>
    /// <param name="lanes">Which.</param>
    public void Exit(uint lanes)
    {
        Live &= ~lanes;
        for (Frame? frame = Frame; frame is not null; frame = frame.Parent)
        {
            frame.Lanes &= ~lanes;
        }

        RemoveActive(lanes);
        Wake();
        Block.OnExit(this, lanes);
    }

    /// <summary>Whether all that must come together are here.</summary>
    /// <param name="required">Lanes that must be here; those that have ended do not count.</param>
    /// <param name="lanes">Those that execute the instruction.</param>
    public bool AreHere(uint required, uint lanes) => (required & Live & ~lanes) == 0;

    /// <summary>Lets lanes wait for others before the present instruction, which they then execute again.</summary>
    /// <param name="required">The lanes that they wait for.</param>
    /// <param name="lanes">Which.</param>
    public void Await(uint required, uint lanes)
    {
        Detach(lanes);
        (_current!.State, _current.Awaited) = (SplitState.WaitsForLanes, required & Live);
        Pc--;
        Stop();
    }

    /// <summary>Lets lanes wait for a barrier after the present instruction.</summary>
    /// <param name="lanes">Which.</param>
    /// <returns>What to give <see cref="Release"/>.</returns>
    public Split WaitForBarrier(uint lanes)
    {
        Detach(lanes);
        _current!.State = SplitState.WaitsForBarrier;
        Stop();
        return _current;
    }

    /// <summary>Lets lanes that waited for a barrier go on.</summary>
    /// <param name="split">What <see cref="WaitForBarrier"/> returned.</param>
    public void Release(Split split)
    {
        split.State = SplitState.Ready;
        IsBlocked = false;
    }

    /// <summary>The exception for a finding about lanes that wait.</summary>
    public GpuFaultException FaultAt(Split split, string kind, string problem)
    {
        Resume(split);
        return Fault(kind, BitOperations.TrailingZeroCount(split.Lanes), problem);
    }

    /// <summary>Lets lanes that wait for others look again.</summary>
    private void Wake()
    {
        foreach (Split split in _splits)
        {
            if (split.State != SplitState.WaitsForLanes)
            {
                continue;
            }

            if (OperationOf(split) is BlockBarrier barrier)
            {
                throw FaultAt(split, barrier);
            }

            split.State = SplitState.Ready;
        }
    }

    /// <summary>Makes the current split one of these lanes only; the others go on after the present instruction.</summary>
    private void Detach(uint lanes)
    {
        if (lanes != Active)
        {
            _splits.Add(NewSplit(Pc, Active & ~lanes, Frame));
            _current!.Lanes = lanes;
            Active = lanes;
        }
    }

    /// <summary>Sends some of the active lanes elsewhere as a split of their own.</summary>
    private void Part(int target, uint lanes)
    {
        if (Frame.Code.Joins[Pc - 1] is >= 0 and int join)
        {
            _current!.Join = new JoinPoint(join, Frame, Active, _current.Join);
        }

        _splits.Add(NewSplit(target, lanes, Frame));
        Active &= ~lanes;
        _current!.Lanes = Active;
        Stop();
    }

    /// <summary>Takes lanes out of the current split.</summary>
    private void RemoveActive(uint lanes)
    {
        Active &= ~lanes;
        _current!.Lanes = Active;
        Stop();
    }

    /// <summary>Ends the straight run of the current split, so that <see cref="Reselect"/> looks who goes on.</summary>
    private void Stop() => _limit = 0;

    /// <summary>Unites splits that met, and chooses the one that goes on.</summary>
    /// <returns>False where none can.</returns>
    private bool Reselect()
    {
        Leave();
        if (_splits.Count > 1)
        {
            Unite();
        }

        PassJoins();

        if (Choose() is Split next)
        {
            if (next.IsJoining)
            {
                // Nobody else can go on, so that the others may wait for these.
                next.Join!.Lanes &= ~next.Lanes;
                next.Join = next.Join.Outer;
            }

            Resume(next);
            return true;
        }

        IsBlocked = true;
        return _splits.Count > 0 && !AreAllAtBarriers() && FailStuck();
    }

    /// <summary>Writes down where the current split is; from here on none is.</summary>
    private void Leave()
    {
        if (_current is { } current)
        {
            current.Pc = Pc;
            _current = null;
            if (current.Lanes == 0)
            {
                Drop(current);
            }
        }
    }

    private Split? Choose()
    {
        Split? best = null;
        foreach (Split split in _splits)
        {
            if (split.State == SplitState.Ready && (best is null || IsBefore(split, best)))
            {
                best = split;
            }
        }

        return best is { IsPatient: true } ? ChooseOther() ?? best : best;
    }

    /// <summary>Lanes that are all together, or whose others have ended, wait for nobody.</summary>
    private void PassJoins()
    {
        foreach (Split split in _splits)
        {
            while (split.Join is { } join && (join.Lanes & Live & ~split.Lanes) == 0)
            {
                split.Join = join.Outer;
            }
        }
    }

    private static bool IsBefore(Split left, Split right)
        => left.IsJoining != right.IsJoining ? right.IsJoining
        : left.Frame.Depth != right.Frame.Depth ? left.Frame.Depth > right.Frame.Depth : left.Pc < right.Pc;

    private void Unite()
    {
        for (int i = 0; i < _splits.Count; i++)
        {
            Split split = _splits[i];
            for (int j = _splits.Count - 1; j > i; j--)
            {
                Split other = _splits[j];
                if (other.Pc == split.Pc && other.Frame == split.Frame && CanUnite(split, other))
                {
                    split.Lanes |= other.Lanes;
                    split.State = SplitState.Ready;
                    split.Join = JoinPoint.Common(split.Join, other.Join);
                    _splits.RemoveAt(j);
                    _unused.Push(other);
                }
            }
        }
    }

    private static bool CanUnite(Split left, Split right)
        => left.State != SplitState.WaitsForBarrier && right.State != SplitState.WaitsForBarrier;

    private bool AreAllAtBarriers()
    {
        bool isAnyAtBarrier = false;
        foreach (Split split in _splits)
        {
            isAnyAtBarrier |= split.State == SplitState.WaitsForBarrier;
        }

        return isAnyAtBarrier || ReleaseWarpBarriers();
    }

    /// <summary>Lanes may wait for each other at different <c>bar.warp.sync</c> of the same mask.</summary>
    private bool ReleaseWarpBarriers()
    {
        foreach (Split split in _splits)
        {
            uint here = 0;
            foreach (Split other in _splits)
            {
                here |= other.Awaited == split.Awaited && OperationOf(other) is WarpBarrier ? other.Lanes : 0;
            }

            if ((split.Awaited & Live & ~here) == 0)
            {
                foreach (Split other in _splits)
                {
                    if (other.Awaited == split.Awaited)
                    {
                        (other.State, other.Pc) = (SplitState.Ready, other.Pc + 1);
                    }
                }

                IsBlocked = false;
                return true;
            }
        }

        return false;
    }

    private static Operation OperationOf(Split split) => split.Frame.Code.Steps[split.Pc].Operation;

    /// <summary>All lanes wait for lanes that wait elsewhere.</summary>
    [DoesNotReturn]
    private bool FailStuck()
    {
        Split split = _splits[0];
        foreach (Split other in _splits)
        {
            split = OperationOf(other) is WarpBarrier ? split : other;
        }

        throw FaultAt(split, (IGathering)OperationOf(split));
    }

    private GpuFaultException FaultAt(Split split, IGathering operation)
    {
        Resume(split);
        Pc++;
        return operation.Fault(this, BitOperations.TrailingZeroCount(split.Lanes), split.Awaited & ~split.Lanes);
    }
}
