namespace Winnow.Benchmarking.Descriptions;

/// <summary>What a kernel does with an argument.</summary>
public enum ArgumentDirection
{
    /// <summary>A number, passed by value.</summary>
    Scalar,

    /// <summary>Memory that it reads.</summary>
    In,

    /// <summary>Memory that it writes; what was there before does not count.</summary>
    Out,

    /// <summary>Memory that it reads and writes.</summary>
    InOut,
}
