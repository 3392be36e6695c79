using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using Winnow.Kernels;
using Winnow.Kernels.Sampling;

namespace Winnow.Benchmarking.Cases;

/// <summary>Choosing tokens of a vocabulary of 128,256.</summary>
internal static class SamplingCases
{
    private const int Vocab = 128_256;

    private static readonly SamplingParameters Usual = new() { Temperature = 0.8f, TopK = 40, TopP = 0.95f, Seed = 1 };

    public static IEnumerable<KernelCase> All()
    {
        yield return SampleRows("top-k 40, top-p 0.95", 1, Usual);
        yield return SampleRows("top-k 40, top-p 0.95", 16, Usual);
        yield return SampleRows("top-p 0.95", 1, new SamplingParameters { Temperature = 0.8f, TopP = 0.95f, Seed = 1 });
        yield return SampleRows("greedy", 1, new SamplingParameters { Temperature = 0, Seed = 1 });
        yield return SampleRows("greedy, and the best 10", 1, new SamplingParameters { Temperature = 0, Seed = 1 }, top: 10);
        yield return Case("argmax", 16, (workspace, logits) =>
        {
            Tensor tokens = workspace.Output(DType.I32, logits.Shape[0]);
            return new CaseWork(() => workspace.Device.Sampling.ArgMaxRows(tokens, logits));
        });
        yield return Case("top 10", 16, (workspace, logits) =>
        {
            (Tensor tokens, Tensor logs) = (workspace.Output(DType.I32, logits.Shape[0], 10), workspace.Output(logits.Shape[0], 10));
            return new CaseWork(() => workspace.Device.Sampling.TopRows(tokens, logs, logits));
        });
        yield return Case("log-softmax", 16, (workspace, logits) =>
        {
            Tensor output = workspace.Output(logits.Shape[0], Vocab);
            return new CaseWork(() => workspace.Device.Sampling.LogSoftmaxRows(output, logits));
        });
    }

    private static KernelCase SampleRows(string name, int rows, SamplingParameters parameters, int top = 0) => Case(name, rows, (workspace, logits) =>
    {
        SamplerChain chain = SamplerChain.Create(parameters);
        Tensor parametersOfRows = workspace.Uncounted(DType.U8, rows, SamplingRow.Bytes);
        SamplingRow[] all = [.. Enumerable.Range(0, rows).Select(row => SamplingRow.Create(chain, (ulong)row, 7))];
        workspace.Device.Upload(parametersOfRows, MemoryMarshal.AsBytes<SamplingRow>(all));
        var batch = new SamplingBatch
        {
            Logits = logits,
            Rows = parametersOfRows,
            Tokens = workspace.Output(DType.I32, rows),
            LogProbabilities = workspace.Output(rows),
            Statuses = workspace.Output(DType.I32, rows),
            TopTokens = top > 0 ? workspace.Output(DType.I32, rows, top) : default,
            TopLogProbabilities = top > 0 ? workspace.Output(rows, top) : default,
            Passes = all[0].Passes,
        };
        return new CaseWork(() => workspace.Device.Sampling.SampleRows(batch));
    });

    private static KernelCase Case(string name, int rows, System.Func<CaseWorkspace, Tensor, CaseWork> prepare) =>
        new("sampling", name, $"{rows} x {Vocab}", workspace => prepare(workspace, workspace.Logits(rows, Vocab)));
}
