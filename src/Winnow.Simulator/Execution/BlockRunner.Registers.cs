using System;
using Winnow.Simulator.Execution.Control;

namespace Winnow.Simulator.Execution;

/// <content>Registers that warps give away and take.</content>
internal sealed unsafe partial class BlockRunner
{
    /// <summary>The warps of a warpgroup.</summary>
    public const int WarpsOfGroup = 4;

    private const int MostRegisters = 255;

    /// <summary>Registers that each thread may have when the block begins: all there are, in equal parts.</summary>
    public int FirstRegisterCount
        => Math.Min(DeviceModel.Registers / (WarpCount * Warp.Lanes), MostRegisters) / SetRegisterCount.Step * SetRegisterCount.Step;

    /// <summary>The block has ended: all that its warps asked for must have fitted, and the warps of a group must have asked for the same.</summary>
    private void EndRegisters()
    {
        int sum = 0;
        Warp? asked = null;
        for (int i = 0; i < WarpCount; i++)
        {
            Warp warp = _warps[i];
            Warp first = _warps[i / WarpsOfGroup * WarpsOfGroup];
            sum += warp.RegisterCount * Warp.Lanes;
            if (warp.RegisterCount != first.RegisterCount)
            {
                Warp changed = warp.RegisterChange is null ? first : warp;
                changed.Origin = changed.RegisterChange;
                string problem = $"warp {warp.Index} has {warp.RegisterCount} registers and warp {first.Index} of its warpgroup {first.RegisterCount}";
                throw changed.Fault(FaultKinds.WrongRegisters, 0, problem);
            }

            asked = warp.RegisterChange is not null && warp.RegisterCount > FirstRegisterCount ? warp : asked;
        }

        if (asked is not null && sum > DeviceModel.Registers)
        {
            asked.Origin = asked.RegisterChange;
            throw asked.Fault(FaultKinds.WrongRegisters, 0, $"the warps of the block have {sum} registers together, and there are {DeviceModel.Registers}");
        }
    }
}
