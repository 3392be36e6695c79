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

    /// <summary>Reads and writes it as one.</summary>
    Atomic = Read | Write | Orders,
}
