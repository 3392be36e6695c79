using System;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Winnow.Benchmarking.Timing;

/// <summary>Clocks, power and temperature of a GPU at one moment, which decide how fast it is.</summary>
/// <param name="MultiprocessorMegahertz">Clock of the multiprocessors.</param>
/// <param name="MemoryMegahertz">Clock of the memory.</param>
/// <param name="Watts">Power drawn.</param>
/// <param name="Celsius">Temperature.</param>
public sealed record GpuState(double MultiprocessorMegahertz, double MemoryMegahertz, double Watts, double Celsius)
{
    private const int PatienceMilliseconds = 5000;

    /// <summary>Asks <c>nvidia-smi</c>.</summary>
    /// <param name="ordinal">The GPU's number.</param>
    /// <param name="program">The program; null for the one on the path.</param>
    /// <returns>The state; null where there is no such program, or it does not tell.</returns>
    public static GpuState? Read(int ordinal = 0, string? program = null)
    {
        string[] arguments = ["--query-gpu=clocks.sm,clocks.mem,power.draw,temperature.gpu", "--format=csv,noheader,nounits", $"--id={ordinal}"];
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program ?? "nvidia-smi", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            string text = process.StandardOutput.ReadToEnd();
            return process.WaitForExit(PatienceMilliseconds) && process.ExitCode == 0 ? Parse(text) : null;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    /// <summary>The state as one line.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{MultiprocessorMegahertz:0} MHz, memory {MemoryMegahertz:0} MHz, {Watts:0} W, {Celsius:0} C");

    private static GpuState? Parse(string text)
    {
        string[] fields = text.Trim().Split(',');
        double[] values = Array.ConvertAll(fields, field => double.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value : double.NaN);
        return values.Length == 4 && !Array.Exists(values, double.IsNaN) ? new GpuState(values[0], values[1], values[2], values[3]) : null;
    }
}
