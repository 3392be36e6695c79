using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace Winnow.Kernels.Bench;

/// <summary>Runs the benchmarks of the families in this process, so that no SDK is needed where they run.</summary>
internal static class Program
{
    private static void Main(string[] arguments)
    {
        Job job = Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(3).WithIterationCount(15).WithIterationTime(Perfolizer.Horology.TimeInterval.FromMilliseconds(60));
        IConfig config = ManualConfig.CreateEmpty()
            .AddJob(job)
            .AddLogger(ConsoleLogger.Default)
            .AddColumn(TargetMethodColumn.Method, StatisticColumn.Median, StatisticColumn.Min)
            .AddColumnProvider(DefaultColumnProviders.Params)
            .AddColumn(new RateColumn(RateKind.GigabytesPerSecond), new RateColumn(RateKind.GigaflopsPerSecond), new RateColumn(RateKind.PercentOfPeak));
        BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(arguments, config);
    }
}
