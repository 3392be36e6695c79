using System;
using System.IO;
using System.Linq;
using System.Reflection;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Exporters.Json;
using BenchmarkDotNet.Filters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace Winnow.BenchmarkPrograms;

/// <summary>
/// Runs the benchmarks of a program in its own process, so that no SDK is needed where they run: medians, what they allocate, and the results as JSON and
/// Markdown under artifacts/bench.
/// </summary>
internal static class BenchmarkProgram
{
    /// <summary>The exit code of a program none of whose benchmarks has what the filter asks for in its name; it prints nothing then.</summary>
    public const int NothingMatches = 3;

    /// <summary>Runs those that a filter names, or all.</summary>
    /// <param name="assembly">Where the benchmarks are.</param>
    /// <param name="arguments">Of BenchmarkDotNet: <c>--filter *Name*</c>.</param>
    /// <param name="columns">Columns besides.</param>
    /// <returns>The exit code: 1 where one of them failed.</returns>
    public static int Run(Assembly assembly, string[] arguments, params IColumn[] columns)
    {
        Job job = Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(3).WithIterationCount(15).WithIterationTime(Perfolizer.Horology.TimeInterval.FromMilliseconds(60));
        IConfig config = ManualConfig.CreateEmpty()
            .AddJob(job)
            .AddLogger(ConsoleLogger.Default)
            .AddDiagnoser(MemoryDiagnoser.Default)
            .AddExporter(MarkdownExporter.GitHub, JsonExporter.Full)
            .WithArtifactsPath(Path.Combine(Directory.GetCurrentDirectory(), "artifacts", "bench"))
            .AddColumn(TargetMethodColumn.Method, StatisticColumn.Median, StatisticColumn.Min)
            .AddColumnProvider(DefaultColumnProviders.Params, DefaultColumnProviders.Metrics)
            .AddColumn(columns);
        if (!HasAny(assembly, arguments, config))
        {
            return NothingMatches;
        }

        return BenchmarkSwitcher.FromAssembly(assembly).Run(arguments, config).Any(summary => summary.HasCriticalValidationErrors || summary.Reports.Any(report => !report.Success)) ? 1 : 0;
    }

    private static bool HasAny(Assembly assembly, string[] arguments, IConfig config)
    {
        string[] patterns = [.. arguments.SkipWhile(argument => argument != "--filter").Skip(1).TakeWhile(argument => !argument.StartsWith("--", StringComparison.Ordinal))];
        var filter = new GlobFilter(patterns);
        return patterns.Length == 0 || assembly.GetTypes()
            .Where(type => !type.IsAbstract && type.GetMethods().Any(method => method.IsDefined(typeof(BenchmarkAttribute))))
            .SelectMany(type => BenchmarkConverter.TypeToBenchmarks(type, config).BenchmarksCases)
            .Any(filter.Predicate);
    }
}
