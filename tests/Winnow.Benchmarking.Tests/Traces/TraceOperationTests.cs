using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using NUnit.Framework;
using Winnow.Benchmarking.Timing;

namespace Winnow.Benchmarking.Traces;

/// <summary>Solutions in C#.</summary>
public sealed class TraceOperationTests
{
    [Test]
    public void Run_OfACSharpSolutionIsCheckedAndMeasuredOnTheProcessor()
    {
        TraceOutcome outcome = Run(Right);

        TraceEvaluation evaluation = outcome.Trace!.Evaluation!;
        Assert.That((evaluation.Status, outcome.Solution), Is.EqualTo((TraceStatus.Passed, "axpy_csharp")), outcome.Reason);
        Assert.That(evaluation.Environment.Hardware, Does.StartWith("CPU "));
        Assert.That(evaluation.Performance!.LatencyMilliseconds, Is.GreaterThan(0).And.EqualTo(outcome.MeasuredMilliseconds));
        Assert.That(evaluation.Log, Does.StartWith("measured: 30 samples of one call each").And.EndWith("the reference was not timed"));
    }

    [Test]
    public void Run_OfAWrongCSharpSolutionSaysWhatIsWrong()
    {
        TraceOutcome wrong = Run(operands => operands.Outputs["y"].As<float>()[..49].Fill(1));
        TraceOutcome broken = Run(_ => throw new InvalidOperationException("out of luck"));
        TraceOutcome slow = Run(Right, new TraceOptions { References = Problems.References, TimeLimit = TimeSpan.Zero });

        Assert.That(wrong.Trace!.Evaluation!.Status, Is.EqualTo(TraceStatus.IncorrectNumerical));
        Assert.That((broken.Trace!.Evaluation!.Status, broken.Reason), Is.EqualTo((TraceStatus.RuntimeError, "InvalidOperationException: out of luck")));
        Assert.That(slow.Trace!.Evaluation!.Status, Is.EqualTo(TraceStatus.Timeout));
        Assert.That(slow.Reason, Does.EndWith("0 s are allowed"));
    }

    [Test]
    public void Run_OfASolutionThatFailsOrTakesLongWhenItIsTimedSaysSo()
    {
        int calls = 0;
        TraceOutcome broken = Run(operands =>
        {
            Right(operands);
            _ = ++calls < 20 ? 0 : throw new InvalidOperationException("worn out");
        });
        TraceOutcome slow = Run(
            operands =>
            {
                Right(operands);
                for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < TimeSpan.FromMilliseconds(100);)
                {
                    // It is busy: longer than a thirtieth of the limit, and shorter than the limit.
                }
            },
            new TraceOptions { References = Problems.References, TimeLimit = TimeSpan.FromSeconds(2) });

        Assert.That((broken.Trace!.Evaluation!.Status, broken.Reason), Is.EqualTo((TraceStatus.RuntimeError, "InvalidOperationException: worn out")));
        Assert.That((slow.Trace!.Evaluation!.Status, slow.Trace.Evaluation.Performance), Is.EqualTo((TraceStatus.Passed, (TracePerformance?)null)), slow.Reason);
        Assert.That(slow.Trace.Evaluation.Log, Does.Match("^not measured: 30 runs of [0-9.]+ s take longer than 2 s$"));
    }

    [Test]
    public void Run_WithACSharpSolutionAsReferenceComparesWithIt()
    {
        TraceOperation[] operations = [new("right", "axpy_w10", Right), new("same", "axpy_w10", Right)];

        TraceOutcome outcome = Problems.Run(Problems.Dataset([]), new TraceOptions { Operations = operations, ReferenceSolution = "right", Timing = Fast }).Single();

        Assert.That((outcome.Solution, outcome.Trace!.Evaluation!.Status), Is.EqualTo(("same", TraceStatus.Passed)));
    }

    [Test]
    public void Run_OfASolutionThatWritesToItsInputsTakesNothingFromTheNext()
    {
        TraceOperation spoiling = new("a_spoiling", "axpy_w10", operands =>
        {
            Right(operands);
            operands.Inputs["x"].As<float>().Clear();
        });
        TraceOptions options = new() { References = Problems.References, Operations = [spoiling, new TraceOperation("b_right", "axpy_w10", Right)], Timing = Fast };

        Assert.That(Problems.Run(Problems.Dataset([]), options).Select(outcome => outcome.Trace!.Evaluation!.Status), Is.EqualTo(new[] { TraceStatus.Passed, TraceStatus.Passed }));
    }

    [Test]
    public void As_OfATypeOfAnotherSizeIsRefused()
    {
        TraceOutcome outcome = Run(operands => operands.Outputs["y"].As<double>().Clear());

        Assert.That(outcome.Reason, Is.EqualTo("ArgumentException: 'y' holds float32, of 4 bytes, and Double has 8."));
    }

    [Test]
    public void Operations_OfWinnowSolveNormsAndProductsInEveryFloatType([Values(TraceDType.Float32, TraceDType.Float16, TraceDType.BFloat16)] TraceDType type)
    {
        TraceDefinition norm = TraceJson.ParseDefinition("""
            { "name": "fused_add_rmsnorm_h40", "op_type": "rmsnorm", "axes": { "B": { "type": "var" }, "H": { "type": "const", "value": 40 } },
              "inputs": { "hidden_states": { "shape": ["B", "H"], "dtype": "float32" }, "residual": { "shape": ["B", "H"], "dtype": "float32" }, "weight": { "shape": ["H"], "dtype": "float32" },
                "eps": { "shape": null, "dtype": "float32" } },
              "outputs": { "output": { "shape": ["B", "H"], "dtype": "float32" } }, "reference": "EPS = 1e-6" }
            """.Replace("float32", TraceDTypes.NameOf(type), StringComparison.Ordinal));
        TraceDefinition product = norm with
        {
            Name = "gemm_k40",
            OpType = "gemm",
            Axes = [.. norm.Axes, new TraceAxis("N", 24)],
            Inputs = [new TraceTensor("A", ["B", "H"], type), new TraceTensor("W", ["N", "H"], type)],
            Outputs = [new TraceTensor("C", ["B", "N"], type)],
        };
        TraceDataset dataset = new();
        foreach (TraceDefinition definition in new[] { norm, product, norm with { Name = "gemma_rmsnorm_h40" }, product with { Name = "scaled", Inputs = norm.Inputs } })
        {
            dataset.Add(definition);
            dataset.Add(new KernelTrace
            {
                Definition = definition.Name,
                Workload = new TraceWorkload
                {
                    Uuid = "u",
                    Axes = new Dictionary<string, long> { ["B"] = 9 },
                    Inputs = definition.Inputs.ToDictionary(
                        input => input.Name, input => input.Name == "eps" ? new TraceInput { Kind = TraceInputKind.Scalar, Value = "0.5" } : new TraceInput { Kind = TraceInputKind.Random }),
                },
            });
        }

        using TraceOperations operations = new(threads: 1);
        TraceOutcome[] outcomes = Problems.Run(dataset, new TraceOptions { Operations = operations.For(dataset.Definitions.Values), Timing = Fast });

        Assert.That(outcomes.Select(outcome => (outcome.Solution, outcome.Trace!.Evaluation!.Status)), Is.EqualTo(new[]
        {
            ("winnow_cpu_rms_norm_fused_add_rmsnorm_h40", TraceStatus.Passed), ("winnow_cpu_linear_gemm_k40", TraceStatus.Passed),
        }), string.Join("; ", outcomes.Select(outcome => outcome.Reason)));
    }

    private static TimingOptions Fast { get; } = new() { Samples = 30, WarmUps = 1 };

    private static TraceOutcome Run(Action<TraceOperands> run, TraceOptions? options = null) => Problems.Run(
        Problems.Dataset([]),
        (options ?? new TraceOptions { References = Problems.References }) with { Operations = [new TraceOperation("axpy_csharp", "axpy_w10", run)], Timing = Fast }).Single();

    private static void Right(TraceOperands operands)
    {
        Span<float> y = operands.Outputs["y"].As<float>();
        Span<float> x = operands.Inputs["x"].As<float>();
        float a = operands.Inputs["a"].As<float>()[0];
        for (int i = 0; i < operands.Axes["N"] * operands.Axes["W"]; i++)
        {
            y[i] = (a * x[i]) + 1;
        }
    }
}
