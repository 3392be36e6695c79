using System;
using System.Text.Json;
using Winnow.Benchmarking.Prediction;
using Winnow.Cli.Terminal;

namespace Winnow.Cli.Commands;

/// <summary>Predictions as text and as JSON; both call them what they are.</summary>
internal static class PredictionText
{
    public static void Write(CliHost host, KernelPrediction prediction)
    {
        host.Output.WriteLine($"predicted for {prediction.Gpu.Name} from its published rates; launches are not in it");
        TextTable table = new("bound", "#predicted", "by");
        foreach (PredictedBound bound in prediction.Bounds)
        {
            table.Add(Name(bound.Kind), bound.Microseconds is { } time ? Quantities.Microseconds(time) : "-", bound.Reason);
        }

        table.Write(host);
        host.Output.WriteLine(Summary(prediction));
    }

    /// <summary>The prediction on one line.</summary>
    public static string Summary(KernelPrediction prediction)
    {
        string memory = $"{Quantities.Number(prediction.BytesPerSecond / 1e9, "0")} GB/s ({Percent(prediction.BytesPerSecond, prediction.Gpu.MemoryBytesPerSecond)} of published)";
        string peak = prediction.TensorFlops > 0
            ? Percent(prediction.FlopsPerSecond, prediction.Gpu.TensorFlopsPerSecond) + " of tensor cores"
            : Percent(prediction.FlopsPerSecond, prediction.Gpu.FloatFlopsPerSecond) + " of floats";
        string flops = $"{Quantities.Number(prediction.FlopsPerSecond / 1e12, "0.0")} TFLOP/s ({peak})";
        string blocks = prediction is { Occupancy: { } occupancy, Waves: { } waves }
            ? $"; {occupancy.Blocks} blocks a multiprocessor ({Percent(occupancy.Warps, occupancy.MaxWarps)} of warps, by {NameOf(occupancy.Limit)}), {Quantities.Number(waves, "0.##")} waves"
            : prediction.Occupancy is { Blocks: 0 } none ? $"; NOT ONE BLOCK FITS a multiprocessor, by {NameOf(none.Limit)}" : "";
        return $"predicted {Quantities.Microseconds(prediction.Microseconds)}, estimated {Quantities.Microseconds(prediction.EstimatedMicroseconds)}, bound by {Name(prediction.Longest.Kind)}: {memory}, {flops}{blocks}, "
            + $"busiest multiprocessor {Quantities.Number(prediction.BusiestFactor, "0.00")} x the average";
    }

    public static void Write(Utf8JsonWriter json, KernelPrediction prediction)
    {
        json.WriteString("kind", "predicted");
        json.WriteString("kernel", prediction.Kernel);
        json.WriteString("gpu", prediction.Gpu.Key);
        json.WriteNumber("predicted_us", prediction.Microseconds);
        json.WriteNumber("estimated_us", prediction.EstimatedMicroseconds);
        json.WriteString("bound", Name(prediction.Longest.Kind));
        json.WriteNumber("memory_bytes", prediction.MemoryBytes);
        json.WriteNumber("flops", prediction.Flops);
        json.WriteNumber("blocks", prediction.Blocks);
        json.WriteNumber("busiest_factor", prediction.BusiestFactor);
        if (prediction.Occupancy is { } occupancy)
        {
            json.WriteNumber("blocks_per_multiprocessor", occupancy.Blocks);
            json.WriteNumber("occupancy", occupancy.Part);
        }

        json.WriteStartObject("bounds_us");
        foreach (PredictedBound bound in prediction.Bounds)
        {
            if (bound.Microseconds is { } time)
            {
                json.WriteNumber(Name(bound.Kind), time);
            }
        }

        json.WriteEndObject();
    }

    public static string Name(BoundKind kind) => kind == BoundKind.L2 ? "L2" : kind.ToString().ToLowerInvariant();

    private static string NameOf(Benchmarking.Compilation.OccupancyLimit limit) =>
        limit == Benchmarking.Compilation.OccupancyLimit.SharedMemory ? "shared memory" : limit.ToString().ToLowerInvariant();

    private static string Percent(double part, double whole) => Quantities.Number(100 * part / Math.Max(whole, double.Epsilon), "0") + "%";
}
