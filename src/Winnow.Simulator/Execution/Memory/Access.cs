using System;

namespace Winnow.Simulator.Execution.Memory;

/// <summary>What an instruction does to memory.</summary>
[Flags]
internal enum Access
{
    /// <summary>Reads it.</summary>
    Read = 1,

    /// <summary>Writes it.</summary>
    Write = 2,

    /// <summary>Orders what other threads do: atomic, volatile, acquire or release.</summary>
    Orders = 4,

    /// <summary>Is no traffic: a parameter of a call, which a GPU passes in registers.</summary>
    Parameter = 8,

    /// <summary>Reads and writes it as one.</summary>
    Atomic = Read | Write | Orders,
}
