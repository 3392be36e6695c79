using Winnow.BenchmarkPrograms;

namespace Winnow.Kernels.Bench;

/// <summary>Runs the benchmarks of the families on the processor, and of what the host does for a launch.</summary>
internal static class Program
{
    private static int Main(string[] arguments) => BenchmarkProgram.Run(
        typeof(Program).Assembly,
        arguments,
        new RateColumn(RateKind.GigabytesPerSecond),
        new RateColumn(RateKind.GigaflopsPerSecond),
        new RateColumn(RateKind.PercentOfPeak));
}
