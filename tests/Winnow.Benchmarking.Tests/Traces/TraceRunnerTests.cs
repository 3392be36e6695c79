using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using NUnit.Framework;
using Winnow.Benchmarking.Compilation;
using Winnow.Benchmarking.Descriptions;
using Winnow.Benchmarking.Timing;
using Winnow.Simulator;
using Winnow.TestSupport;

namespace Winnow.Benchmarking.Traces;

public sealed class TraceRunnerTests
{
    [SetUp]
    public void RequireNvrtc() => NvrtcSupport.Require();

    [Test]
    public void Run_OfARightSolutionOnTheSimulatorPassesAndMeasuresNothing()
    {
        TraceOptions options = new() { References = Problems.References, PredictFor = GpuSpecification.Find("h200"), Clock = new FixedClock() };

        TraceOutcome outcome = Problems.Run(Problems.Solution(), options);

        TraceEvaluation evaluation = outcome.Trace!.Evaluation!;
        Assert.That((outcome.Kind, evaluation.Status, evaluation.Environment.Hardware), Is.EqualTo((TraceOutcomeKind.Evaluated, TraceStatus.Passed, "simulator")));
        Assert.That((evaluation.Performance, outcome.MeasuredMilliseconds), Is.EqualTo(((TracePerformance?)null, (double?)null)));
        Assert.That(evaluation.Log, Does.StartWith("nothing was measured: this ran on the simulator. Predicted for H200"));
        Assert.That(outcome.Prediction!.Microseconds, Is.GreaterThan(0));
        Assert.That(evaluation.Correctness!.MaxAbsoluteError, Is.LessThan(1e-6).And.EqualTo(outcome.Outputs[0].MaxAbsoluteError));
        Assert.That(evaluation.Correctness.Extra, Does.Contain("axpy in C#").And.Contain("twice the error of rounding the reference"));
        Assert.That((evaluation.Timestamp, outcome.Trace.Solution), Is.EqualTo(("2026-03-04T05:06:07.000000Z", "axpy_cuda")));
        Assert.That(TraceJson.Write(TraceJson.ParseTrace(TraceJson.Write(outcome.Trace))), Is.EqualTo(TraceJson.Write(outcome.Trace)));
    }

    [TestCase("+ 1.0f", "+ 1.001f", TraceStatus.IncorrectNumerical, "50 of 50 values of y are further off than allowed")]
    [TestCase("i < n", "i < n - 1", TraceStatus.IncorrectNumerical, ": [49] is NaN, expected ")]
    [TestCase("float a,", "flat a,", TraceStatus.CompileError, "axpy.cu does not compile")]
    [TestCase("axpy(", "axpz(", TraceStatus.CompileError, "axpy.cu has no kernel 'axpy'; its kernels are axpz")]
    [TestCase("i < n", "i <= n", TraceStatus.RuntimeError, "out-of-bounds")]
    [TestCase("if (i < n)", "for (volatile int j = 0; i < n; ++j)", TraceStatus.Timeout, "endless-loop")]
    public void Run_OfAWrongSolutionSaysWhatIsWrong(string from, string to, TraceStatus status, string log)
    {
        TraceSolution solution = Problems.Solution(Published.Edited(Problems.Code, from, to));

        TraceOutcome outcome = Problems.Run(solution, new TraceOptions { References = Problems.References, InstructionBudget = 10_000 });

        TraceEvaluation evaluation = outcome.Trace!.Evaluation!;
        Assert.That((outcome.Kind, evaluation.Status), Is.EqualTo((TraceOutcomeKind.Evaluated, status)), evaluation.Log);
        Assert.That(evaluation.Log, Does.Contain(log).And.EqualTo(outcome.Reason));
        Assert.That(evaluation.Correctness is not null, Is.EqualTo(status == TraceStatus.IncorrectNumerical));
        Assert.That(evaluation.Performance, Is.Null);
        Assert.That(TraceJson.ParseTrace(TraceJson.Write(outcome.Trace)).Evaluation!.Status, Is.EqualTo(status), "what is written can be read");
    }

    [TestCase("\"out y: f16[N, W]\"", TraceStatus.IncorrectDType, "the kernel gives y: f16[5, 10], and axpy_w10 wants y: f32[5, 10]")]
    [TestCase("\"out y: f32[W, N]\"", TraceStatus.IncorrectShape, "the kernel gives y: f32[10, 5], and axpy_w10 wants y: f32[5, 10]")]
    [TestCase("\"out y: f32[N, W]\"", TraceStatus.Passed, "")]
    public void Run_OfASolutionThatDeclaresAnotherOutputSaysSo(string line, TraceStatus status, string log)
    {
        TraceEvaluation evaluation = Problems.Run(Problems.Solution(launch: Problems.Launch.Replace("\"y\"", line, StringComparison.Ordinal))).Trace!.Evaluation!;

        Assert.That(evaluation.Status, Is.EqualTo(status));
        Assert.That(evaluation.Log, Does.Contain(log));
    }

    [TestCase("\"block\": 32", "\"block\": 32, \"threads\": 3", "axpy_cuda/winnow.json(1): threads: a description within a solution has no such field")]
    [TestCase("\"block\": 32", "\"block\": 32, \"check\": {}", "check: a description within a solution has no such field")]
    [TestCase("\"block\": 32, ", "", "winnow.json: block: this is missing")]
    [TestCase("\"block\": 32", "\"block\": \"T\"", "winnow.json(1): block: there is no axis 'T'; there are N, W")]
    [TestCase("\"block\": 32", "\"block\": 32, \"axes\": { \"W\": 3 }", "axes.W: axpy_w10 has this axis and says what it is")]
    [TestCase("\"x\", ", "\"z\", ", "arguments[0]: axpy_w10 has no input and no output 'z'")]
    [TestCase("\"x\", ", "\"in x: f16[N, W]\", ", "arguments[0]: x: f16[5, 10] is not what axpy_w10 has, x: f32[5, 10]; write the bare name")]
    [TestCase("\"a\", ", "\"a: f32 = 3\", ", "arguments[1]: a: f32 = 3 is not what axpy_w10 has, a: f32 of the workload; write the bare name")]
    [TestCase("\"y\", ", "\"out z: f32[W]\", ", "arguments: none of them is the output 'y'")]
    [TestCase(", \"n: i32 = N * W\"", "", "arguments: the kernel axpy takes 4 arguments, and 3 are described: x, a, y")]
    [TestCase("{", "", "winnow.json(1): this is no JSON")]
    public void Run_OfADescriptionThatDoesNotFitSkipsWithLineAndField(string from, string to, string reason)
    {
        TraceOutcome outcome = Problems.Run(Problems.Solution(launch: Published.Edited(Problems.Launch, from, to)));

        Assert.That((outcome.Kind, outcome.IsDamaged, outcome.Trace), Is.EqualTo((TraceOutcomeKind.Skipped, true, (KernelTrace?)null)), outcome.Reason);
        Assert.That(outcome.Reason, Does.Contain(reason));
    }

    [Test]
    public void Run_WithoutArgumentsTakesInputsThenOutputs()
    {
        const string Code = """extern "C" __global__ void axpy(const float* x, float a, float* y) { int i = threadIdx.x; y[i] = a * x[i] + OFFSET; }""";

        TraceOutcome outcome = Problems.Run(Problems.Solution(Code, """{ "grid": 1, "block": "N * W", "definitions": { "OFFSET": "1.0f" } }"""));

        Assert.That(outcome.Trace!.Evaluation!.Status, Is.EqualTo(TraceStatus.Passed), outcome.Reason);
    }

    [Test]
    public void Run_OfASolutionWithHeadersAndScratchMemoryPasses()
    {
        const string Code = """
            #include "lib/scale.h"
            #include "common/types.cuh"
            extern "C" __global__ void axpy(const float* x, float a, float* scratch, float* y) { u32 i = threadIdx.x; scratch[i] = scale(a, x[i]); y[i] = scratch[i] + 1.0f; }
            """;
        TraceSolution solution = Problems.Solution(Code, """{ "grid": 1, "block": "N * W", "arguments": ["x", "a", "out scratch: f32[N * W]", "y"] }""");
        solution = solution with { Sources = [.. solution.Sources, new TraceSource("lib/scale.h", "static __device__ float scale(float a, float x) { return a * x; }")] };

        Assert.That(Problems.Run(solution).Trace!.Evaluation!.Status, Is.EqualTo(TraceStatus.Passed));
    }

    [TestCase("#include \"FILE\"", "is neither among the sources nor in a folder")]
    [TestCase("# include <FILE>", "is neither among the sources nor in a folder")]
    [TestCase("#include \"../../../../../../../../../../FILE\"", "is neither among the sources nor in a folder")]
    [TestCase("#/**/include \"FILE\"", "an include must be a line of its own")]
    [TestCase("%:include \"FILE\"", "an include must be a line of its own")]
    [TestCase("/* a\n */ #include \"FILE\"", "an include must be a line of its own")]
    [TestCase("/* // */ #include \"FILE\"", "an include must be a line of its own")]
    [TestCase("#inc\\\nlude \"FILE\"", "an include must be a line of its own")]
    [TestCase("#define HEADER \"FILE\"\n#include HEADER", "an include must be a line of its own")]
    public void Run_OfASolutionThatIncludesFilesOfThisMachineShowsNothingOfThem(string include, string problem)
    {
        using TemporaryFolder folder = new();
        System.IO.File.WriteAllText(folder["secret.txt"], "password hunter2\n");
        string code = include.Replace("FILE", folder["secret.txt"], StringComparison.Ordinal) + "\n" + Problems.Code;

        foreach (string[] folders in new string[][] { [], [folder.Root] })
        {
            TraceOutcome outcome = Problems.Run(Problems.Solution(code), new TraceOptions { IncludeFolders = folders });

            Assert.That(outcome.Trace!.Evaluation!.Status, Is.EqualTo(TraceStatus.CompileError));
            Assert.That(outcome.Reason, Does.Contain(problem).And.Not.Contain("hunter2"));
        }
    }

    [Test]
    public void Run_OfASolutionThatReadsAFileOfThisMachineIsSkippedAndSaysWhy()
    {
        TraceSolution solution = Problems.Solution(
            Problems.Code, """{ "grid": 1, "block": "N * W", "arguments": ["x", "a", "in secret: u8[7] = file(secret.txt)", "y"] }""");

        TraceOutcome outcome = Problems.Run(solution);

        Assert.That((outcome.Kind, outcome.IsDamaged), Is.EqualTo((TraceOutcomeKind.Skipped, true)));
        Assert.That(outcome.Reason, Does.Contain("arguments[2]: 'secret' takes its values from a file of this machine"));
    }

    [Test]
    public void Run_OfASolutionWithIncludesThatAreNotTakenPasses()
    {
        TraceOutcome outcome = Problems.Run(Problems.Solution("// #include \"gone.h\"\n#ifdef __HIP__\n#include <hip/hip_runtime.h>\n#endif\n" + Problems.Code));

        Assert.That(outcome.Trace!.Evaluation!.Status, Is.EqualTo(TraceStatus.Passed), outcome.Reason);
    }

    [Test]
    public void Run_WithoutAReferenceIsNotCheckedAndNotPassed()
    {
        TraceOutcome outcome = Problems.Run(Problems.Solution(), new TraceOptions { PredictFor = GpuSpecification.Find("a100") });
        TraceOutcome fault = Problems.Run(Problems.Solution(Problems.Code.Replace("i < n", "i <= n", StringComparison.Ordinal)), new TraceOptions());

        Assert.That((outcome.Kind, outcome.Trace), Is.EqualTo((TraceOutcomeKind.NotChecked, (KernelTrace?)null)));
        Assert.That(outcome.Reason, Does.StartWith("not checked: there is no reference in C# for op_type axpy"));
        Assert.That(outcome.Prediction!.Gpu.Key, Is.EqualTo("a100"));
        Assert.That(fault.Trace!.Evaluation!.Status, Is.EqualTo(TraceStatus.RuntimeError), "that it fails is known without a reference");
    }

    [Test]
    public void Run_OfSolutionsInOtherLanguagesSkipsThemAndSaysWhy()
    {
        TraceSolution own = Problems.Solution();
        TraceSolution[] solutions =
        [
            own,
            own with { Name = "host", Spec = own.Spec with { EntryPoint = "main.cpp::run" }, Sources = [new TraceSource("main.cpp", "x"), own.Sources[1]] },
            own with { Name = "plain", Sources = [own.Sources[0]] },
            .. new[] { "cpp", "python", "triton", "tilelang" }.Select(language => own with { Name = language, Spec = own.Spec with { Language = language } }),
        ];

        Dictionary<string, TraceOutcome> outcomes = Problems.Run(Problems.Dataset(solutions)).ToDictionary(outcome => outcome.Solution);

        Assert.That(outcomes.Values.Count(outcome => outcome is { Kind: TraceOutcomeKind.Skipped, IsDamaged: false }), Is.EqualTo(6));
        Assert.That(outcomes["axpy_cuda"].Trace!.Evaluation!.Status, Is.EqualTo(TraceStatus.Passed));
        Assert.That(outcomes["triton"].Reason, Does.StartWith("solutions in triton are not run here"));
        Assert.That(outcomes["host"].Reason, Does.Contain("must be the kernel, kernel.cu::name"));
        Assert.That(outcomes["plain"].Reason, Does.Contain("a source winnow.json with grid and block"));
    }

    [Test]
    public void Run_OfWhatHasNoPartnerSaysSo()
    {
        TraceDataset dataset = new();
        dataset.Add(Problems.Solution());
        dataset.Add(Problems.Workload() with { Definition = "other" });
        TraceDataset empty = new();
        empty.Add(Problems.Definition);
        empty.Add(Problems.Solution());

        TraceOutcome[] outcomes = Problems.Run(dataset);

        Assert.That(outcomes.Select(outcome => outcome.Reason), Is.EqualTo(new[] { "there is no definition 'axpy_w10'", "there is no definition 'other' for 1 workloads" }));
        Assert.That(outcomes.All(outcome => outcome.IsDamaged), Is.True);
        Assert.That(Problems.Run(empty).Single().Reason, Is.EqualTo("there are no workloads of axpy_w10"));
    }

    [Test]
    public void Run_OfADTypeThatNothingComputesWithNamesIt()
    {
        TraceDataset dataset = new();
        dataset.Add(Problems.Definition with { Inputs = [new TraceTensor("x", ["N", "W"], TraceDType.Float4E2M1), Problems.Definition.Inputs[1]] });
        dataset.Add(Problems.Solution());
        dataset.Add(Problems.Workload());

        Assert.That(Problems.Run(dataset).Single().Reason, Does.StartWith("nothing here computes with float4_e2m1; there are float32, float16, bfloat16, float8_e4m3fn, float8_e5m2, int64"));
    }

    [TestCase(TraceDType.Float8E4M3, "f8e4m3")]
    [TestCase(TraceDType.Float8E5M2, "f8e5m2")]
    public void Run_OfBytesThatAreFloatsPassesThemOn(TraceDType type, string name)
    {
        const string Code = """extern "C" __global__ void axpy(const unsigned char* x, float a, unsigned char* y) { y[threadIdx.x] = x[threadIdx.x] ^ 0x80; }""";
        TraceDataset dataset = new();
        dataset.Add(Problems.Definition with { Inputs = [new TraceTensor("x", ["N", "W"], type), Problems.Definition.Inputs[1]], Outputs = [new TraceTensor("y", ["N", "W"], type)] });
        dataset.Add(Problems.Solution(Code, $$"""{ "grid": 1, "block": "N * W", "arguments": ["in x: {{name}}[N, W]", "a", "y"] }"""));
        dataset.Add(Problems.Workload());
        TraceReference negative = new("minus", call => Array.ConvertAll(call.Inputs["x"], value => -value).CopyTo(call.Outputs["y"], 0));

        TraceOutcome outcome = Problems.Run(dataset, new TraceOptions { References = new TraceReferences().Add("axpy", negative) }).Single();

        Assert.That((outcome.Trace?.Evaluation!.Status, outcome.Outputs[0].MaxAbsoluteError), Is.EqualTo((TraceStatus.Passed, 0)), outcome.Reason);
    }

    [Test]
    public void Run_OfAWorkloadLargerThanMemorySkipsItAndGoesOn()
    {
        TraceDataset dataset = Problems.Dataset([Problems.Solution()], Problems.Workload(1L << 55, uuid: "large"), Problems.Workload(uuid: "small"));

        TraceOutcome[] outcomes = Problems.Run(dataset);

        Assert.That(outcomes.Select(outcome => (outcome.Kind, outcome.Workload!.Uuid, outcome.IsDamaged)), Is.EqualTo(new[]
        {
            (TraceOutcomeKind.Skipped, "large", true), (TraceOutcomeKind.Evaluated, "small", false),
        }));
        Assert.That(outcomes[0].Reason, Does.Contain("needs more memory than there is"));
    }

    [Test]
    public void Run_WithAFilterRunsWhatItNames()
    {
        TraceDataset dataset = Problems.Dataset([Problems.Solution(name: "one"), Problems.Solution(name: "two")]);

        Assert.That(Problems.Run(dataset, new TraceOptions { Filter = "TWO" }).Select(outcome => outcome.Solution), Is.EqualTo(new[] { "two" }));
        Assert.That(Problems.Run(dataset, new TraceOptions { Filter = "axpy_w" }), Has.Length.EqualTo(2));
        Assert.That(Problems.Run(dataset, new TraceOptions { Filter = "none" }), Is.Empty);
    }

    [Test]
    public void Run_WithALimitRunsTheFirstWorkloads()
    {
        TraceDataset dataset = Problems.Dataset([Problems.Solution()], Problems.Workload(uuid: "u1"), Problems.Workload(uuid: "u2"), Problems.Workload(uuid: "u3"));

        Assert.That(Problems.Run(dataset, new TraceOptions { MaxWorkloads = 2 }).Select(outcome => outcome.Workload!.Uuid), Is.EqualTo(new[] { "u1", "u2" }));
    }

    [Test]
    public void Run_OnAGpuMeasuresInTurnsWithTheReference()
    {
        using ClockedDriver driver = new() { Microseconds = kernel => kernel.Contains("axpy", StringComparison.Ordinal) ? 250 : 1000 };
        TraceSolution slow = Problems.Solution(Problems.Code.Replace("axpy(", "slow(", StringComparison.Ordinal), name: "slow");
        slow = slow with { Spec = slow.Spec with { EntryPoint = "axpy.cu::slow" } };
        TraceOptions options = new() { Gpu = driver, ReferenceSolution = "slow", Timing = new TimingOptions { Samples = 30, WarmUps = 0 } };

        TraceOutcome outcome = Problems.Run(Problems.Dataset([Problems.Solution(), slow]), options).Single();
        TraceOutcome alone = Problems.Run(Problems.Dataset([Problems.Solution()]), options with { ReferenceSolution = null }).Single();

        TraceEvaluation evaluation = outcome.Trace!.Evaluation!;
        Assert.That((evaluation.Status, evaluation.Environment.Hardware, evaluation.Environment.Libraries["cuda"]), Is.EqualTo((TraceStatus.Passed, "clocked", "12.0")));
        Assert.That(evaluation.Performance, Is.EqualTo(new TracePerformance(0.25, 1, 4)));
        Assert.That(evaluation.Log, Does.StartWith("measured: 30 samples, events around one launch").And.Contain("in turns with the reference"));
        Assert.That((alone.Kind, alone.MeasuredMilliseconds, alone.Prediction), Is.EqualTo((TraceOutcomeKind.NotChecked, (double?)0.25, (Prediction.KernelPrediction?)null)));
        Assert.That(driver.Live, Is.Zero);
    }

    [Test]
    public void Run_OnAGpuAfterAFaultBlamesNobodyElse()
    {
        using PtxSimulator device = new();
        TraceSolution faulty = Problems.Solution(Problems.Code.Replace("i < n", "i <= n", StringComparison.Ordinal), name: "a_faulty");
        TraceDataset dataset = Problems.Dataset([faulty, Problems.Solution(name: "b_right")]);

        TraceOutcome[] outcomes = Problems.Run(dataset, new TraceOptions { Gpu = device, References = Problems.References });

        Assert.That(outcomes[0].Trace!.Evaluation!.Status, Is.EqualTo(TraceStatus.RuntimeError));
        Assert.That((outcomes[1].Kind, outcomes[1].IsDamaged), Is.EqualTo((TraceOutcomeKind.Skipped, false)));
        Assert.That(outcomes[1].Reason, Does.StartWith("the GPU is in error since a_faulty"));
    }

    [Test]
    public void Run_WithAToleranceAllowsIt()
    {
        TraceSolution rough = Problems.Solution(Problems.Code.Replace("1.0f", "1.001f", StringComparison.Ordinal));

        TraceOutcome outcome = Problems.Run(rough, new TraceOptions { References = Problems.References, Tolerance = new Tolerance(1e-2, 0) });

        Assert.That(outcome.Trace!.Evaluation!.Status, Is.EqualTo(TraceStatus.Passed));
        Assert.That(outcome.Trace.Evaluation.Correctness!.Extra, Does.Contain("a given tolerance"));
    }

    [Test]
    public void Run_OfTheShippedProblemsPasses()
    {
        TraceDataset dataset = TraceDataset.Load(Problems.ShippedPath);

        TraceOutcome[] outcomes = Problems.Run(dataset, new TraceOptions { Draws = new TraceDrawOptions { Distance = 0.3 } });

        Assert.That(dataset.Problems, Is.Empty);
        Assert.That(outcomes.Select(outcome => outcome.Trace?.Evaluation!.Status), Has.All.EqualTo(TraceStatus.Passed));
        Assert.That(outcomes, Has.Length.EqualTo(dataset.Workloads.Count).And.Length.GreaterThanOrEqualTo(6));
    }

    private sealed class FixedClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.Parse("2026-03-04T05:06:07Z", CultureInfo.InvariantCulture);
    }
}
