using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Execution;

/// <summary>A kernel ready to run, with the functions that it calls.</summary>
internal sealed class KernelProgram
{
    /// <summary>Its module.</summary>
    public required LoadedModule Module { get; init; }

    /// <summary>The kernel.</summary>
    public required FunctionCode Kernel { get; init; }

    /// <summary>Where its shared variables lie.</summary>
    public required SharedLayout Shared { get; init; }

    /// <summary>Local memory of each thread, bytes.</summary>
    public required int LocalBytes { get; init; }

    /// <summary>Whether it says what comes before and after the launches before and after it: <c>griddepcontrol</c>.</summary>
    public required bool HasGridControl { get; init; }

    /// <summary>
    /// Whether its blocks tell each other something: it has atomics on what may be device memory. Where accesses acquire or release nobody looks at what they find.
    /// </summary>
    public required bool LetsBlocksMeet { get; init; }

    /// <summary>Its name.</summary>
    public string Name => Kernel.Function.Name;
}
