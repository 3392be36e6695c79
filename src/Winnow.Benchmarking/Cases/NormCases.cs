using System;
using System.Collections.Generic;
using System.Linq;
using Winnow.Kernels;
using Winnow.Kernels.Linear;
using Winnow.Kernels.Norm;

namespace Winnow.Benchmarking.Cases;

/// <summary>What lies between the products: norms, rotary embedding, activations, the embedding lookup; 512 rows of 4096 values.</summary>
internal static class NormCases
{
    private const int Rows = 512;
    private const int Columns = 4096;
    private const int HeadDim = 128;
    private const float Epsilon = 1e-5f;

    public static IEnumerable<KernelCase> All()
    {
        yield return Case("rms norm", Rows, RmsNorm);
        yield return Case("rms norm", 1, RmsNorm);
        yield return Case("add, then rms norm", Rows, AddThenRmsNorm);
        yield return Case("layer norm", Rows, LayerNorm);
        yield return Case("rope", Rows, Rope);
        yield return Case("rope table", Rows, RopeTable);
        yield return Case("silu", Rows, Silu);
        yield return Case("soft cap", Rows, SoftCap);
        yield return Case("embed F16", Rows, (workspace, rows) => Embed(workspace, rows, DType.F16));
        yield return Case("embed Q4_K", Rows, (workspace, rows) => Embed(workspace, rows, DType.Q4_K));
    }

    private static KernelCase Case(string name, int rows, Func<CaseWorkspace, int, CaseWork> prepare) =>
        new("norm", name, $"{rows} x {Columns}", workspace => prepare(workspace, rows));

    private static CaseWork RmsNorm(CaseWorkspace workspace, int rows)
    {
        (Tensor output, Tensor input, Tensor weight) = (workspace.Output(rows, Columns), workspace.Input(rows, Columns), workspace.Input(Columns));
        return new CaseWork(() => workspace.Device.Norm.RmsNorm(output, input, weight, Epsilon), 4.0 * rows * Columns);
    }

    private static CaseWork AddThenRmsNorm(CaseWorkspace workspace, int rows)
    {
        (Tensor output, Tensor input, Tensor weight) = (workspace.Output(rows, Columns), workspace.Input(rows, Columns), workspace.Input(Columns));
        Tensor residual = workspace.Both(rows, Columns);
        return new CaseWork(() => workspace.Device.Norm.AddThenRmsNorm(output, residual, input, weight, Epsilon), 5.0 * rows * Columns);
    }

    private static CaseWork LayerNorm(CaseWorkspace workspace, int rows)
    {
        (Tensor output, Tensor input) = (workspace.Output(rows, Columns), workspace.Input(rows, Columns));
        (Tensor weight, Tensor bias) = (workspace.Input(Columns), workspace.Input(Columns));
        return new CaseWork(() => workspace.Device.Norm.LayerNorm(output, input, weight, bias, Epsilon), 7.0 * rows * Columns);
    }

    private static CaseWork Rope(CaseWorkspace workspace, int rows)
    {
        (Tensor heads, Tensor table) = (workspace.Both(rows, Columns), workspace.Input(rows, HeadDim / 2, 2));
        return new CaseWork(() => workspace.Device.Norm.Rope(heads, HeadDim, table, RopeLayout.HalfSplit), 3.0 * rows * Columns);
    }

    private static CaseWork RopeTable(CaseWorkspace workspace, int rows)
    {
        (Tensor table, Tensor positions) = (workspace.Output(rows, HeadDim / 2, 2), workspace.Integers(Enumerable.Range(0, rows)));
        Tensor frequencies = workspace.Input(HeadDim / 2);
        return new CaseWork(() => workspace.Device.Norm.RopeTable(table, positions, frequencies, 1));
    }

    private static CaseWork Silu(CaseWorkspace workspace, int rows)
    {
        Tensor values = workspace.Both(rows, Columns);
        return new CaseWork(() => workspace.Device.Norm.Activate(values, Activation.Silu));
    }

    private static CaseWork SoftCap(CaseWorkspace workspace, int rows)
    {
        Tensor values = workspace.Both(rows, Columns);
        return new CaseWork(() => workspace.Device.Norm.SoftCap(values, 30));
    }

    private static CaseWork Embed(CaseWorkspace workspace, int rows, DType type)
    {
        const int Vocab = 8192;
        Tensor table = workspace.Uncounted(type, Vocab, Columns);
        Tensor tokens = workspace.Integers(Enumerable.Range(0, rows).Select(row => row * 37 % Vocab));
        Tensor output = workspace.Output(rows, Columns);
        workspace.Count(type.BytesOf((long)rows * Columns), 0);
        return new CaseWork(() => workspace.Device.Norm.Embed(output, table, tokens, 1));
    }
}
