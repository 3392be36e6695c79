namespace Winnow.Gpu;

/// <summary>A kernel did what it must not: the simulator found it while executing, or the GPU stopped because of it.</summary>
public sealed class GpuFaultException : WinnowException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened, where, and what to look at.</param>
    /// <param name="kind">What kind of fault it is.</param>
    /// <param name="kernel">The kernel.</param>
    public GpuFaultException(string message, string kind = "", string kernel = "")
        : base(message)
    {
        (Kind, Kernel) = (kind, kernel);
    }

    /// <summary>What kind of fault it is, for instance <c>out-of-bounds</c>; empty where the device does not say.</summary>
    public string Kind { get; }

    /// <summary>The kernel; empty where the device does not say.</summary>
    public string Kernel { get; }

    /// <summary>The <c>.cu</c> file; empty where unknown.</summary>
    public string File { get; init; } = "";

    /// <summary>The line in <see cref="File"/>, from 1; 0 where unknown.</summary>
    public int Line { get; init; }

    /// <summary>The block as x, y, z.</summary>
    public (int X, int Y, int Z) Block { get; init; }

    /// <summary>The thread as x, y, z.</summary>
    public (int X, int Y, int Z) Thread { get; init; }
}
