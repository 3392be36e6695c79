using System.Collections.Generic;
using Winnow.Kernels;
using Winnow.Kernels.Linear;

namespace Winnow.Benchmarking.Cases;

/// <summary>Products of few rows, which memory bounds, and of 512, which tensor cores bound; 4096 inputs as in an 8B model.</summary>
internal static class LinearCases
{
    private const int Inputs = 4096;
    private const int Outputs = 4096;
    private const int FeedForward = 14_336;

    public static IEnumerable<KernelCase> All()
    {
        foreach (DType type in new[]
        {
            DType.F32, DType.F16, DType.BF16, DType.Q8_0, DType.Q4_0, DType.Q4_1, DType.Q5_0, DType.Q5_1, DType.Q4_K, DType.Q5_K, DType.Q6_K, DType.IQ4_NL,
        })
        {
            yield return Project($"matvec {type}", type, 1);
        }

        foreach (DType type in new[] { DType.F16, DType.BF16, DType.Q8_0, DType.Q4_K })
        {
            yield return Project($"matvec {type}", type, 8);
        }

        foreach (DType type in new[] { DType.F16, DType.Q4_K })
        {
            yield return Project($"matvec {type}", type, 16);
            yield return Project($"matvec {type}", type, 8, inputs: FeedForward);
        }

        foreach (DType type in new[] { DType.F16, DType.BF16, DType.Q8_0, DType.Q4_K })
        {
            yield return Project($"matmul {type}", type, 512);
        }

        foreach (int rows in new[] { 128, 256, 4096 })
        {
            yield return Project("matmul BF16", DType.BF16, rows) with { Parts = rows > 512 ? 4 : 1 };
        }

        yield return Project("matmul BF16, rounded input", DType.BF16, 512, rounded: true);

        foreach (DType type in new[] { DType.BF16, DType.Q8_0, DType.Q4_K })
        {
            yield return Project($"matvec {type}", type, 1, FeedForward);
        }

        yield return Gated("gated matvec Q4_K", DType.Q4_K, 1);
        yield return Gated("gated matmul BF16", DType.BF16, 128);
        yield return Gated("gated matmul BF16", DType.BF16, 1024) with { Parts = 4 };
        yield return Gated("gated matmul BF16, rounded input and output", DType.BF16, 1024, rounded: true) with { Parts = 4 };
    }

    private static KernelCase Project(string name, DType type, int rows, int outputs = Outputs, int inputs = Inputs, bool rounded = false) => new(
        "linear", name, $"{rows} x {inputs} x {outputs}", workspace =>
    {
        Tensor weight = workspace.Weight(type, outputs, inputs);
        Tensor input = Input(workspace, weight, rows / workspace.Parts, rounded);
        var projection = new Projection { Weight = weight, Output = workspace.Output(rows / workspace.Parts, outputs) };
        return new CaseWork(() => workspace.Device.Linear.Project(input, projection), 2.0 * rows * inputs * outputs, SharedBytes: projection.Weight.Bytes);
    });

    private static KernelCase Gated(string name, DType type, int rows, bool rounded = false) => new("linear", name, $"{rows} x {Inputs} x {FeedForward}", workspace =>
    {
        (Tensor gate, Tensor up) = (workspace.Weight(type, FeedForward, Inputs), workspace.Weight(type, FeedForward, Inputs));
        Tensor input = Input(workspace, up, rows / workspace.Parts, rounded);
        Tensor output = workspace.Output(rounded ? workspace.Device.Linear.InputType(up, rows / workspace.Parts) : DType.F32, rows / workspace.Parts, FeedForward);
        return new CaseWork(
            () => workspace.Device.Linear.ProjectGated(output, input, gate, up, Activation.Silu), 4.0 * rows * Inputs * FeedForward, SharedBytes: gate.Bytes + up.Bytes);
    });

    // Rounded: in the type that products round to, where the device says so, as what comes before would write it.
    private static Tensor Input(CaseWorkspace workspace, Tensor weight, int rows, bool rounded)
    {
        DType type = rounded ? workspace.Device.Linear.InputType(weight, rows) : DType.F32;
        return type == DType.F32 ? workspace.Input(rows, weight.Shape[1]) : workspace.Weight(type, rows, weight.Shape[1]);
    }
}
