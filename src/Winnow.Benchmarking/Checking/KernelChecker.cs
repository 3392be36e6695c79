using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Winnow.Benchmarking.Descriptions;
using Winnow.Gpu;

namespace Winnow.Benchmarking.Checking;

/// <summary>
/// Runs a kernel and compares its outputs with another kernel's, with a delegate's or with data, by the rule of the project: twice the error of a plain
/// computation in the same type, plus one unit in the last place.
/// </summary>
/// <param name="driver">What it runs on: a GPU, or the simulator with all its checks. It stays with the caller.</param>
/// <param name="compiler">The compiler.</param>
public sealed class KernelChecker(GpuDriver driver, KernelCompiler compiler)
{
    /// <summary>Checks a kernel against what its description names.</summary>
    /// <param name="description">The kernel.</param>
    /// <exception cref="KernelDescriptionException">The description has no check, or one that does not fit.</exception>
    /// <exception cref="GpuFaultException">A kernel did what it must not.</exception>
    public CheckResult Check(KernelDescription description)
    {
        ArgumentNullException.ThrowIfNull(description);
        KernelCheck check = description.Check ?? throw description.Problem(
            "check", "this is missing: say what outputs are compared with, { \"reference\": \"other_kernel\" } or { \"reference\": \"expected.safetensors\" }.");
        using PreparedKernel kernel = Prepare(description);
        Dictionary<string, double[]> actual = Run(kernel);
        Dictionary<string, double[]> expected = OutputsOf(check.Reference, "check.reference", kernel);
        Dictionary<string, double[]>? plain = check.Plain is null ? null : OutputsOf(check.Plain, "check.plain", kernel);
        return Compare(kernel, actual, expected, plain, check.Tolerance);
    }

    /// <summary>Checks a kernel against a computation in C#.</summary>
    /// <param name="description">The kernel.</param>
    /// <param name="reference">Computes its outputs in double precision.</param>
    /// <param name="plain">Computes them plainly in the kernel's own types; null for the reference, rounded.</param>
    /// <param name="tolerance">What is allowed instead of the rule; null for the rule.</param>
    /// <exception cref="KernelDescriptionException">The description is wrong.</exception>
    /// <exception cref="GpuFaultException">The kernel did what it must not.</exception>
    public CheckResult Check(KernelDescription description, ExpectedOutputs reference, ExpectedOutputs? plain = null, Tolerance? tolerance = null)
    {
        ArgumentNullException.ThrowIfNull(description);
        ArgumentNullException.ThrowIfNull(reference);
        using PreparedKernel kernel = Prepare(description);
        Dictionary<string, double[]> inputs = InputsOf(kernel);
        Dictionary<string, double[]> actual = Run(kernel);
        return Compare(kernel, actual, Of(reference), plain is null ? null : Of(plain), tolerance);

        // Each gets arrays of its own: one that computes in place takes nothing from the other.
        Dictionary<string, double[]> Of(ExpectedOutputs compute)
        {
            Dictionary<string, double[]> outputs = Written(kernel).ToDictionary(argument => argument.Name, NaNs);
            compute(inputs.ToDictionary(pair => pair.Key, pair => (double[])pair.Value.Clone()), outputs);
            return outputs;
        }
    }

    /// <exception cref="KernelDescriptionException">It is wrong, nothing would be compared, or more than fits the memory of this process.</exception>
    private PreparedKernel Prepare(KernelDescription description)
    {
        PlannedArgument? largest = description.Plan().Arguments.Where(argument => argument.IsWritten).MaxBy(argument => argument.Elements)
            ?? throw description.Problem("arguments", "none is out or inout, so there is nothing to compare; say out or inout before what the kernel writes.");

        // Its values and the expected ones, widened.
        long most = Math.Min(Array.MaxLength, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (2 * sizeof(double)));
        return largest.Elements <= most
            ? new PreparedKernel(driver, compiler, description)
            : throw description.Problem("arguments", $"{largest} has {largest.Elements} values, and at most {most} can be compared here; make the axes smaller.");
    }

    private static double[] NaNs(PlannedArgument argument)
    {
        double[] values = new double[argument.Elements];
        Array.Fill(values, double.NaN);
        return values;
    }

    private static Dictionary<string, double[]> Run(PreparedKernel kernel)
    {
        kernel.PoisonOutputs();
        kernel.Run();
        return Written(kernel).ToDictionary(argument => argument.Name, argument => kernel.Read(argument.Name));
    }

    private static Dictionary<string, double[]> InputsOf(PreparedKernel kernel) => kernel.Plan.Arguments
        .Where(argument => argument.IsRead || !argument.IsMemory)
        .ToDictionary(argument => argument.Name, argument => argument.IsMemory ? kernel.Read(argument.Name) : [argument.Type.Round(argument.Value)]);

    private static IEnumerable<PlannedArgument> Written(PreparedKernel kernel) => kernel.Plan.Arguments.Where(argument => argument.IsWritten);

    private Dictionary<string, double[]> OutputsOf(CheckSource source, string field, PreparedKernel kernel)
    {
        Dictionary<string, double[]> outputs;
        if (source.DataPath is { } path)
        {
            outputs = Written(kernel).ToDictionary(argument => argument.Name, argument => FromFile(kernel, path, field, argument));
        }
        else
        {
            using var other = new PreparedKernel(driver, compiler, source.Kernel!, kernel);
            RequireAnother(kernel, other, field);
            outputs = Run(other);
        }

        RequireOutputs(kernel, outputs, field, source.Kernel?.Kernel is { } name ? $"the kernel {name}" : "it");
        return outputs;
    }

    private static double[] FromFile(PreparedKernel kernel, string path, string field, PlannedArgument argument)
    {
        try
        {
            if (!path.EndsWith(".safetensors", StringComparison.Ordinal) && Written(kernel).Count() > 1)
            {
                throw new FormatException($"{Path.GetFileName(path)} is plain bytes, which hold one output; several need a .safetensors file.");
            }

            byte[] bytes = DataFile.Read(path, "", argument);
            int size = argument.Type.Bytes();
            return [.. Enumerable.Range(0, (int)argument.Elements).Select(i => argument.Type.Read(bytes.AsSpan(i * size)))];
        }
        catch (FormatException exception)
        {
            throw kernel.Description.Problem(field, exception.Message);
        }
    }

    /// <summary>A kernel agrees with itself, whatever it computes.</summary>
    private static void RequireAnother(PreparedKernel kernel, PreparedKernel other, string field)
    {
        bool isTheSame = other.Build.Entry.Symbol == kernel.Build.Entry.Symbol
            && other.Build.Image.AsSpan().SequenceEqual(kernel.Build.Image)
            && other.Plan.Shape == kernel.Plan.Shape
            && other.Description.Arguments.SequenceEqual(kernel.Description.Arguments, StringComparer.Ordinal);
        if (isTheSame)
        {
            throw kernel.Description.Problem(field, $"this is {kernel.Build.Entry.Name} itself, launched in the same way, which it cannot but agree with; name another kernel or a file.");
        }
    }

    private static void RequireOutputs(PreparedKernel kernel, Dictionary<string, double[]> outputs, string field, string who)
    {
        foreach (PlannedArgument argument in Written(kernel))
        {
            if (!outputs.TryGetValue(argument.Name, out double[]? values))
            {
                throw kernel.Description.Problem(field, $"{who} gives no output '{argument.Name}'; outputs are matched by name.");
            }

            if (values.Length != argument.Elements)
            {
                throw kernel.Description.Problem(field, $"{who} gives {values.Length} values of '{argument.Name}', and the kernel writes {argument.Elements}.");
            }
        }
    }

    private CheckResult Compare(
        PreparedKernel kernel, Dictionary<string, double[]> actual, Dictionary<string, double[]> expected, Dictionary<string, double[]>? plain, Tolerance? tolerance)
    {
        string rule = tolerance is not null ? "the tolerance of the description"
            : plain is null ? "twice the error of rounding the reference, plus one unit in the last place"
            : "twice the error of the plain computation, plus one unit in the last place";
        return new CheckResult(kernel.Build.Entry.Name, driver.Properties.Name, rule, [.. Written(kernel).Select(argument =>
            OutputComparer.Compare(argument.Name, argument.Type, actual[argument.Name], expected[argument.Name], plain?[argument.Name], tolerance))]);
    }
}
