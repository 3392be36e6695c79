using System;

namespace Winnow.Cache;

/// <summary>Which signals a step's attention gives.</summary>
[Flags]
internal enum SignalKinds
{
    None = 0,
    ColumnMass = 1,
    WindowMass = 2,
    LastRow = 4,
    ColumnMaximum = 8,
    Hits = 16,
    BlockHistory = 32,
}
