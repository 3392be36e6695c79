using System.Collections.Generic;

namespace Winnow.Simulator.Ptx;

/// <summary>A kernel or a device function.</summary>
internal sealed class PtxFunction
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Whether it is a kernel.</summary>
    public required bool IsEntry { get; init; }

    /// <summary>
    /// Its parameters, in order; offsets in the parameter frame begin with 0, as the argument block of a launch does. Then come
    /// <see cref="Returns"/> and the parameters that it builds for calls.
    /// </summary>
    public required PtxVariable[] Parameters { get; init; }

    /// <summary>What it returns: none or one, in the parameter frame too.</summary>
    public required PtxVariable[] Returns { get; init; }

    /// <summary>The part of the parameter frame that <see cref="Parameters"/> take, bytes.</summary>
    public required int ParameterBytes { get; init; }

    /// <summary>
    /// The whole parameter frame of one thread, bytes: all variables in <see cref="PtxSpace.Param"/>, those of call sequences included.
    /// </summary>
    public required int FrameBytes { get; init; }

    /// <summary>Local memory that it declares, bytes.</summary>
    public required int LocalBytes { get; init; }

    /// <summary>All its variables, parameters included, by the name that operands hold.</summary>
    public required IReadOnlyDictionary<string, PtxVariable> Variables { get; init; }

    /// <summary>The registers that its instructions use, by the name that operands hold; special registers are not among them.</summary>
    public required IReadOnlyDictionary<string, PtxRegister> Registers { get; init; }

    /// <summary>What it does.</summary>
    public required PtxInstruction[] Instructions { get; init; }

    /// <summary>Where labels point: an index into <see cref="Instructions"/>, or their count for a label at the end.</summary>
    public required IReadOnlyDictionary<string, int> Labels { get; init; }

    /// <summary>The tables of <c>brx.idx</c>, by name: indices into <see cref="Instructions"/>.</summary>
    public required IReadOnlyDictionary<string, int[]> BranchTables { get; init; }

    /// <summary>Loops that the compiler forbids to unroll: indices into <see cref="Instructions"/> of what they begin with.</summary>
    public required IReadOnlySet<int> KeptLoops { get; init; }

    /// <summary>Performance directives with their numbers: <c>maxntid</c>, <c>reqntid</c>, <c>minnctapersm</c>, <c>maxnreg</c>, <c>noreturn</c>.</summary>
    public required IReadOnlyDictionary<string, int[]> Directives { get; init; }

    /// <summary>The most threads of a block by its launch bounds; 0 where it states none.</summary>
    public int MaxThreads => Product(Directives.TryGetValue("reqntid", out int[]? sizes) ? sizes : Directives.GetValueOrDefault("maxntid"));

    /// <summary>The blocks of a cluster that it asks for, by dimensions, those that it leaves out aside; null where it asks for none.</summary>
    public int[]? ClusterSizes => Directives.GetValueOrDefault("reqnctapercluster");

    /// <summary>Whether it must be launched in clusters.</summary>
    public bool HasClusters => ClusterSizes is not null || Directives.ContainsKey("explicitcluster");

    private static int Product(int[]? sizes)
    {
        int product = sizes is null ? 0 : 1;
        foreach (int size in sizes ?? [])
        {
            product *= size;
        }

        return product;
    }
}
