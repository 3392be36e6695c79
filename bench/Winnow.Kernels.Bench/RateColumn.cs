using System;
using System.Globalization;
using System.Linq;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Parameters;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace Winnow.Kernels.Bench;

/// <summary>
/// Bytes or operations a second at the median, or the percentage of what this machine can do, measured in the same run: of the copy
/// bandwidth or of the multiply-add peak, whichever is closer.
/// </summary>
internal sealed class RateColumn(RateKind kind) : IColumn
{
    public string Id => kind.ToString();

    public string ColumnName => kind switch
    {
        RateKind.GigabytesPerSecond => "GB/s",
        RateKind.GigaflopsPerSecond => "GFLOP/s",
        _ => "Peak",
    };

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => (int)kind;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Dimensionless;

    public string Legend => kind switch
    {
        RateKind.GigabytesPerSecond => "Bytes that must be read and written, a second, at the median",
        RateKind.GigaflopsPerSecond => "Floating-point operations a second at the median",
        _ => "Percent of the machine's copy bandwidth (mem) or multiply-add peak (fma), measured in this run",
    };

    public bool IsAvailable(Summary summary) => true;

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase)
    {
        if (summary[benchmarkCase]?.ResultStatistics is not { } statistics
            || Activator.CreateInstance(benchmarkCase.Descriptor.Type) is not ICosted benchmark)
        {
            return "-";
        }

        foreach (ParameterInstance parameter in benchmarkCase.Parameters.Items.Where(p => !p.IsArgument))
        {
            benchmarkCase.Descriptor.Type.GetProperty(parameter.Name)!.SetValue(benchmark, parameter.Value);
        }

        Cost cost = benchmark.Cost;
        double bytes = cost.Bytes / statistics.Median;
        double flops = cost.Flops / statistics.Median;
        return kind switch
        {
            RateKind.GigabytesPerSecond => bytes.ToString("F2", CultureInfo.InvariantCulture),
            RateKind.GigaflopsPerSecond => flops.ToString("F1", CultureInfo.InvariantCulture),
            _ => Percent(bytes, flops, MachinePeak.Of(cost.Threads)),
        };
    }

    private static string Percent(double bytes, double flops, MachinePeak peak)
    {
        double memory = 100 * bytes / peak.GigabytesPerSecond;
        double arithmetic = 100 * flops / peak.GigaflopsPerSecond;
        return memory > arithmetic
            ? string.Create(CultureInfo.InvariantCulture, $"{memory:F0}% mem")
            : string.Create(CultureInfo.InvariantCulture, $"{arithmetic:F0}% fma");
    }
}
