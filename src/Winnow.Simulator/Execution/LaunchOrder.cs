using System;
using System.Numerics;
using Winnow.Simulator.Execution.Memory;

namespace Winnow.Simulator.Execution;

/// <summary>
/// A launch among those of its stream. One that is dependent may begin before the one before it has ended, so what that one wrote is there only for those who
/// waited: each byte of device memory remembers which launch wrote it last.
/// </summary>
internal sealed unsafe class LaunchOrder
{
    /// <summary>Numbers of launches are below this; then they begin anew.</summary>
    public const int Numbers = byte.MaxValue + 1;

    private readonly bool[] _running = new bool[Numbers];
    private bool _isEarly;

    /// <param name="number">What bytes remember of it, from 1.</param>
    /// <param name="generation">How often numbers began anew.</param>
    /// <param name="before">The launch that may still run when it begins; null for none.</param>
    public LaunchOrder(byte number, int generation, LaunchOrder? before)
    {
        (Number, Generation) = (number, generation);
        if (before?.Generation != generation)
        {
            return;
        }

        _running[before.Number] = IsDependent = true;
        for (int i = 0; i < Numbers && before._isEarly; i++)
        {
            _running[i] |= before._running[i];
        }
    }

    /// <summary>What bytes remember of it.</summary>
    public byte Number { get; }

    /// <summary>How often numbers began anew before it.</summary>
    public int Generation { get; }

    /// <summary>Whether others may still run when it begins.</summary>
    public bool IsDependent { get; }

    /// <summary>A block lets dependent launches begin, or ends: where it has not waited, those before it may run still.</summary>
    public void Trigger(bool hasWaited) => _isEarly |= IsDependent && !hasWaited;

    /// <summary>Looks at an access to device memory, and notes what it writes.</summary>
    /// <param name="warp">The warp; its addresses are those of the lanes.</param>
    /// <param name="allocation">Where they lie.</param>
    /// <param name="lanes">Those that take part.</param>
    /// <param name="bytes">How many bytes each accesses.</param>
    /// <param name="access">How.</param>
    public void Check(Warp warp, Allocation allocation, uint lanes, int bytes, Access access)
    {
        if (allocation.Writers == null)
        {
            return;
        }

        bool looks = IsDependent && !warp.Block.HasWaitedForGrids(warp);
        for (uint left = lanes; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            Span<byte> writers = new(allocation.Writers + (warp.Addresses[lane] - allocation.Base), bytes);
            for (int i = 0; i < bytes && looks; i++)
            {
                if (_running[writers[i]])
                {
                    string where = $"byte {warp.Addresses[lane] - allocation.Base + (ulong)i} of {allocation.Name}";
                    string problem = $"an access to {where}, which the launch before writes that may still run: there is no griddepcontrol.wait before this";
                    throw warp.Fault(FaultKinds.MissingWait, lane, problem);
                }
            }

            if ((access & Access.Write) != 0)
            {
                writers.Fill(Number);
            }
        }
    }
}
