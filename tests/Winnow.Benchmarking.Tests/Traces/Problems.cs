using System.Collections.Generic;
using System.IO;
using System.Linq;
using Winnow.TestSupport;

namespace Winnow.Benchmarking.Traces;

/// <summary>A small problem of its own: y = a x + y0 over rows, in pieces that tests change.</summary>
internal static class Problems
{
    /// <summary>The kernel of <see cref="Solution"/>.</summary>
    public const string Code = """
        extern "C" __global__ void axpy(const float* x, float a, float* y, int n) {
          int i = blockIdx.x * 32 + threadIdx.x;
          if (i < n) y[i] = a * x[i] + 1.0f;
        }
        """;

    /// <summary>Its launch.</summary>
    public const string Launch = """{ "grid": "ceil_div(N * W, 32)", "block": 32, "arguments": ["x", "a", "y", "n: i32 = N * W"] }""";

    public static TraceDefinition Definition { get; } = new()
    {
        Name = "axpy_w10",
        OpType = "axpy",
        Axes = [new TraceAxis("N", null), new TraceAxis("W", 10)],
        Inputs = [new TraceTensor("x", ["N", "W"], TraceDType.Float32), new TraceTensor("a", null, TraceDType.Float32)],
        Outputs = [new TraceTensor("y", ["N", "W"], TraceDType.Float32)],
        Reference = "def run(x, a): return a * x + 1",
        File = "axpy.json",
    };

    /// <summary>The data set that ships: in the repository, or beside the programs where only those are.</summary>
    public static string ShippedPath { get; } = new[] { "bench/traces", "traces" }.Select(name => Path.Combine(SharedFiles.RepositoryRoot, name)).First(Directory.Exists);

    /// <summary>The right values.</summary>
    public static TraceReferences References { get; } = new TraceReferences().Add("axpy", new TraceReference("axpy in C#", Compute));

    public static TraceSolution Solution(string code = Code, string launch = Launch, string name = "axpy_cuda") => new()
    {
        Name = name,
        Definition = Definition.Name,
        Author = "test",
        Spec = new TraceBuildSpec { Language = "cuda", TargetHardware = ["any"], EntryPoint = "axpy.cu::axpy" },
        Sources = [new TraceSource("axpy.cu", code), new TraceSource("winnow.json", launch)],
    };

    public static KernelTrace Workload(long rows = 5, string a = "2.5", string uuid = "u1") => new()
    {
        Definition = Definition.Name,
        Workload = new TraceWorkload
        {
            Uuid = uuid,
            Axes = new Dictionary<string, long> { ["N"] = rows },
            Inputs = new Dictionary<string, TraceInput>
            {
                ["x"] = new TraceInput { Kind = TraceInputKind.Random },
                ["a"] = new TraceInput { Kind = TraceInputKind.Scalar, Value = a },
            },
        },
        File = "axpy.jsonl",
        Line = 3,
    };

    public static TraceDataset Dataset(IReadOnlyList<TraceSolution> solutions, params IReadOnlyList<KernelTrace> workloads)
    {
        TraceDataset dataset = new();
        dataset.Add(Definition);
        foreach (TraceSolution solution in solutions)
        {
            dataset.Add(solution);
        }

        foreach (KernelTrace workload in workloads.DefaultIfEmpty(Workload()))
        {
            dataset.Add(workload);
        }

        return dataset;
    }

    /// <summary>Runs the only solution on the only workload.</summary>
    public static TraceOutcome Run(TraceSolution solution, TraceOptions? options = null) => Run(Dataset([solution]), options).Single();

    public static TraceOutcome[] Run(TraceDataset dataset, TraceOptions? options = null) =>
        [.. new TraceRunner(Kernels.Compiler, options ?? new TraceOptions { References = References }).Run(dataset)];

    private static void Compute(TraceReferenceCall call)
    {
        for (int i = 0; i < call.Outputs["y"].Length; i++)
        {
            call.Outputs["y"][i] = (call.Inputs["a"][0] * call.Inputs["x"][i]) + 1;
        }
    }
}
