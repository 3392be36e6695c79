namespace Winnow.Simulator.Profiling;

/// <summary>The units of a scheduler that an instruction may have to wait for.</summary>
internal enum UnitKind : byte
{
    /// <summary>None but the scheduler itself.</summary>
    None,

    /// <summary>The lanes for integers, comparisons and conversions.</summary>
    Integer,

    /// <summary>The lanes that multiply integers, which are half of those for floats.</summary>
    Multiply,

    /// <summary>The special function unit.</summary>
    Special,

    /// <summary>What moves values between lanes.</summary>
    Shuffle,

    /// <summary>Tensor cores.</summary>
    Tensor,
}
