using System.Collections.Generic;
using System.Text;
using Winnow.Gpu;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Tests.Faults;

/// <summary>All kernels that do something wrong, compiled with and without their fault.</summary>
internal static class FaultCorpus
{
    private static readonly KernelCompiler Compiler = new(cacheFolder: null);

    public static IReadOnlyList<FaultCase> Cases { get; } =
    [
        .. MemoryFaults.Cases, .. RaceFaults.Cases, .. BarrierFaults.Cases, .. MbarrierFaults.Cases, .. BulkFaults.Cases, .. ProductFaults.Cases,
        .. ClusterFaults.Cases, .. MulticastFaults.Cases, .. DependenceFaults.Cases, .. GridFaults.Cases,
    ];

    /// <summary>The PTX of a case.</summary>
    public static byte[] Compile(FaultCase fault, bool isFaulty)
    {
        var source = new KernelSource($"faults/{fault.Kernel}.cu", fault.Source, new Dictionary<string, string>());
        return Compiler.Compile(source, [$"FAULT={(isFaulty ? 1 : 0)}"], fault.Architecture);
    }

    /// <summary>The parsed PTX of a case.</summary>
    public static PtxModule Parse(FaultCase fault, bool isFaulty)
        => PtxModule.Parse(Encoding.UTF8.GetString(Compile(fault, isFaulty)), $"faults/{fault.Kernel}.cu");
}
