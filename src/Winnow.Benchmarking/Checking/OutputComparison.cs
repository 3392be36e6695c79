using Winnow.Benchmarking.Descriptions;

namespace Winnow.Benchmarking.Checking;

/// <summary>How one output of a kernel compares with what was expected.</summary>
public sealed record OutputComparison
{
    /// <summary>The output.</summary>
    public required string Output { get; init; }

    /// <summary>What it holds.</summary>
    public required ElementType Type { get; init; }

    /// <summary>How many values were compared.</summary>
    public required long Values { get; init; }

    /// <summary>The largest distance to the expected value; infinite where one is NaN or infinite and the other is not.</summary>
    public required double MaxAbsoluteError { get; init; }

    /// <summary>The largest distance in proportion to the expected value, over expected values other than 0.</summary>
    public required double MaxRelativeError { get; init; }

    /// <summary>What was allowed where the distance exceeds or comes closest to it.</summary>
    public required double Allowed { get; init; }

    /// <summary>Where that is, as an index into the values.</summary>
    public required long WorstIndex { get; init; }

    /// <summary>The value there.</summary>
    public required double Actual { get; init; }

    /// <summary>The value that was expected there.</summary>
    public required double Expected { get; init; }

    /// <summary>Values further off than allowed.</summary>
    public required long Mismatches { get; init; }

    /// <summary>NaN where a number was expected: among other things what a kernel did not write.</summary>
    public required long UnexpectedNaNs { get; init; }

    /// <summary>Whether all values are as near as allowed.</summary>
    public bool IsPassed => Mismatches == 0;
}
