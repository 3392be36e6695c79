using System;
using System.Diagnostics;
using Winnow.Gpu;

namespace Winnow.Simulator.Execution;

/// <summary>Values of special registers.</summary>
internal static unsafe class SpecialRegisters
{
    /// <summary>The register that tells whether there are clusters, a predicate.</summary>
    public const string IsExplicitCluster = "%is_explicit_cluster";

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
        if (register.IsPredicate)
        {
            *(uint*)at = warp.Block.Launch.Cluster.IsExplicit ? uint.MaxValue : 0;
            return;
        }

        ulong* values = stackalloc ulong[Warp.Lanes];
        string name = register.Name;
        if (name.StartsWith("%tid", StringComparison.Ordinal))
        {
            for (int lane = 0; lane < Warp.Lanes; lane++)
            {
                values[lane] = (ulong)Component(warp.ThreadOf(lane), name[^1]);
            }
        }
        else if (name.StartsWith("%lane", StringComparison.Ordinal))
        {
            for (int lane = 0; lane < Warp.Lanes; lane++)
            {
                values[lane] = LaneMask(name, lane);
            }
        }
        else
        {
            new Span<ulong>(values, Warp.Lanes).Fill(ValueOf(name, warp));
        }

        for (int lane = 0; lane < Warp.Lanes; lane++)
        {
            if (register.IsWide)
            {
                ((ulong*)at)[lane] = values[lane];
            }
            else
            {
                ((uint*)at)[lane] = (uint)values[lane];
            }
        }
    }

    /// <summary>The value of a register that is the same for all lanes.</summary>
    private static ulong ValueOf(string name, Warp warp)
    {
        BlockRunner block = warp.Block;
        LaunchShape shape = block.Launch.Shape;
        return name switch
        {
            "%ntid.x" or "%ntid.y" or "%ntid.z" => (ulong)Component((shape.BlockX, shape.BlockY, shape.BlockZ), name[^1]),
            "%ctaid.x" or "%ctaid.y" or "%ctaid.z" => (ulong)Component(block.Block, name[^1]),
            "%nctaid.x" or "%nctaid.y" or "%nctaid.z" => (ulong)Component((shape.GridX, shape.GridY, shape.GridZ), name[^1]),
            "%warpid" => (ulong)warp.Index,
            "%nwarpid" => (ulong)block.WarpCount,
            "%smid" => (ulong)(block.BlockIndex % block.Launch.Model.Multiprocessors),
            "%nsmid" => (ulong)block.Launch.Model.Multiprocessors,
            "%dynamic_smem_size" => (ulong)shape.SharedBytes,
            "%total_smem_size" or "%aggr_smem_size" => (ulong)block.SharedBytes,
            _ when name.Contains("cluster", StringComparison.Ordinal) => ClusterValueOf(name, block, shape),
            _ => 0,
        };
    }

    private static ulong ClusterValueOf(string name, BlockRunner block, in LaunchShape shape)
    {
        ClusterShape cluster = block.Launch.Cluster;
        char component = name[^1];
        return name switch
        {
            "%cluster_ctarank" => (ulong)block.Rank,
            "%cluster_nctarank" => (ulong)cluster.Blocks,
            _ when name.StartsWith("%clusterid.", StringComparison.Ordinal) => (ulong)Component(cluster.ClusterOf(block.Block), component),
            _ when name.StartsWith("%nclusterid.", StringComparison.Ordinal) => (ulong)Component(cluster.ClustersOf(shape), component),
            _ when name.StartsWith("%cluster_ctaid.", StringComparison.Ordinal) => (ulong)Component(cluster.PlaceOf(block.Block), component),
            _ when name.StartsWith("%cluster_nctaid.", StringComparison.Ordinal) => (ulong)Component((cluster.X, cluster.Y, cluster.Z), component),
            _ => 0,
        };
    }

    private static ulong LaneMask(string name, int lane) => name switch
    {
        "%laneid" => (ulong)lane,
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
        'z' => vector.Z,
        _ => 0,
    };
}
