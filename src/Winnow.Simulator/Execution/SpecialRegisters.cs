using System;
using System.Diagnostics;
using Winnow.Gpu;

namespace Winnow.Simulator.Execution;

/// <summary>Values of special registers.</summary>
internal static unsafe class SpecialRegisters
{
    /// <summary>Whether a register changes while a block runs, so that it is read when it is moved and not before.</summary>
    /// <param name="name">Its name.</param>
    public static bool IsClock(string name)
        => name.StartsWith("%clock", StringComparison.Ordinal) || name.StartsWith("%globaltimer", StringComparison.Ordinal);

    /// <summary>The present value of a clock.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="warp">Who asks; cycles are instructions of its block.</param>
    public static ulong ReadClock(string name, Warp warp)
    {
        ulong nanoseconds = (ulong)(Stopwatch.GetTimestamp() * (1e9 / Stopwatch.Frequency));
        ulong cycles = (ulong)warp.Block.Executed;
        return name switch
        {
            "%clock" => (uint)cycles,
            "%clock_hi" => cycles >> 32,
            "%clock64" => cycles,
            "%globaltimer_lo" => (uint)nanoseconds,
            "%globaltimer_hi" => nanoseconds >> 32,
            _ => nanoseconds,
        };
    }

    /// <summary>Fills in the lanes of a register.</summary>
    public static void Fill(SpecialRegister register, Warp warp, byte* at)
    {
        for (int lane = 0; lane < Warp.Lanes; lane++)
        {
            ulong value = ValueOf(register.Name, warp, lane);
            if (register.IsWide)
            {
                ((ulong*)at)[lane] = value;
            }
            else
            {
                ((uint*)at)[lane] = (uint)value;
            }
        }
    }

    private static ulong ValueOf(string name, Warp warp, int lane)
    {
        BlockRunner block = warp.Block;
        LaunchShape shape = block.Launch.Shape;
        switch (name)
        {
            case "%tid.x" or "%tid.y" or "%tid.z":
                return (ulong)Component(warp.ThreadOf(lane), name[^1]);
            case "%ntid.x" or "%ntid.y" or "%ntid.z":
                return (ulong)Component((shape.BlockX, shape.BlockY, shape.BlockZ), name[^1]);
            case "%ctaid.x" or "%ctaid.y" or "%ctaid.z" or "%clusterid.x" or "%clusterid.y" or "%clusterid.z":
                return (ulong)Component(block.Block, name[^1]);
            case "%nctaid.x" or "%nctaid.y" or "%nctaid.z" or "%nclusterid.x" or "%nclusterid.y" or "%nclusterid.z":
                return (ulong)Component((shape.GridX, shape.GridY, shape.GridZ), name[^1]);
            case "%laneid":
                return (ulong)lane;
            case "%warpid":
                return (ulong)warp.Index;
            case "%nwarpid":
                return (ulong)block.WarpCount;
            case "%smid":
                return (ulong)(block.BlockIndex % DeviceModel.Multiprocessors);
            case "%nsmid":
                return DeviceModel.Multiprocessors;
            case "%dynamic_smem_size":
                return (ulong)shape.SharedBytes;
            case "%total_smem_size" or "%aggr_smem_size":
                return (ulong)block.SharedBytes;
            case "%cluster_nctaid.x" or "%cluster_nctaid.y" or "%cluster_nctaid.z" or "%cluster_nctarank":
                return 1;
            default:
                return LaneMask(name, lane);
        }
    }

    private static ulong LaneMask(string name, int lane) => name switch
    {
        "%lanemask_eq" => 1u << lane,
        "%lanemask_lt" => (1u << lane) - 1,
        "%lanemask_le" => (uint)((2ul << lane) - 1),
        "%lanemask_gt" => ~(uint)((2ul << lane) - 1),
        "%lanemask_ge" => ~((1u << lane) - 1),
        _ => 0,
    };

    private static int Component((int X, int Y, int Z) vector, char component) => component switch
    {
        'x' => vector.X,
        'y' => vector.Y,
        _ => vector.Z,
    };
}
