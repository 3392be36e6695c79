namespace Winnow.Kernels.Bench;

/// <summary>What a <see cref="RateColumn"/> shows.</summary>
public enum RateKind
{
    GigabytesPerSecond,
    GigaflopsPerSecond,
    PercentOfPeak,
}
