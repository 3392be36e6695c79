using Winnow.BenchmarkPrograms;

namespace Winnow.Formats.Bench;

/// <summary>Runs the benchmarks of tokenizers.</summary>
internal static class Program
{
    private static int Main(string[] arguments) => BenchmarkProgram.Run(typeof(Program).Assembly, arguments);
}
