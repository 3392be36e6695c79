using System;
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
