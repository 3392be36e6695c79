namespace Winnow.Benchmarking.Traces;

/// <summary>How an evaluation ended. There is none for "not checked": a run that nothing was compared with has no evaluation.</summary>
public enum TraceStatus
{
    /// <summary><c>PASSED</c>: it ran, and its outputs are as near to the reference as allowed.</summary>
    Passed,

    /// <summary><c>INCORRECT_SHAPE</c>: an output is declared with another shape.</summary>
    IncorrectShape,

    /// <summary><c>INCORRECT_NUMERICAL</c>: an output has wrong values.</summary>
    IncorrectNumerical,

    /// <summary><c>INCORRECT_DTYPE</c>: an output is declared with another type.</summary>
    IncorrectDType,

    /// <summary><c>RUNTIME_ERROR</c>: it failed while it ran.</summary>
    RuntimeError,

    /// <summary><c>COMPILE_ERROR</c>: it does not compile.</summary>
    CompileError,

    /// <summary><c>TIMEOUT</c>: it took longer than allowed.</summary>
    Timeout,
}
