namespace Winnow.Simulator.Ptx;

/// <summary>The state space that a variable lies in.</summary>
internal enum PtxSpace
{
    /// <summary>Device memory, seen by all threads.</summary>
    Global,

    /// <summary>Constants of the module.</summary>
    Const,

    /// <summary>Memory of a block.</summary>
    Shared,

    /// <summary>Memory of a thread.</summary>
    Local,

    /// <summary>Parameters of kernels and functions, and those that a caller builds.</summary>
    Param,
}
