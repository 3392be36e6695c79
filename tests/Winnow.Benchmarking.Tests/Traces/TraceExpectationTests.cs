using System;
using System.Linq;
using NUnit.Framework;
using Winnow.Formats;
using Winnow.Formats.Safetensors;
using Winnow.TestSupport;

namespace Winnow.Benchmarking.Traces;

/// <summary>What outputs are compared with where it is not a reference in C#.</summary>
public sealed class TraceExpectationTests
{
    [SetUp]
    public void RequireNvrtc() => NvrtcSupport.Require();

    [Test]
    public void Run_WithExpectedOutputsComparesWithThem([Values] bool areRight)
    {
        using TemporaryFolder folder = new();
        SafetensorsWriter writer = new();
        writer.AddFloats("y", TensorType.F32, [5, 10], Enumerable.Repeat(areRight ? 1f : 2f, 50).ToArray());
        writer.Write(folder["u1.safetensors"]);
        TraceDataset dataset = Problems.Dataset([Problems.Solution()], Problems.Workload(a: "0"), Problems.Workload(a: "0", uuid: "u2"));

        TraceOutcome[] outcomes = Problems.Run(dataset, new TraceOptions { ExpectedFolder = folder.Root });

        Assert.That(outcomes[0].Trace!.Evaluation!.Status, Is.EqualTo(areRight ? TraceStatus.Passed : TraceStatus.IncorrectNumerical));
        Assert.That(outcomes[0].Trace!.Evaluation!.Correctness!.Extra, Does.Contain("\"reference\":\"u1.safetensors\""));
        Assert.That(outcomes[1].Kind, Is.EqualTo(TraceOutcomeKind.NotChecked), "there is no file for u2");
    }

    [TestCase("z", new long[] { 5, 10 }, "y: there is no such tensor")]
    [TestCase("y", new long[] { 10, 5 }, "y: this is y F32 [10, 5], and float32 [5, 10] is wanted")]
    public void Run_WithExpectedOutputsThatDoNotFitSkips(string name, long[] shape, string reason)
    {
        using TemporaryFolder folder = new();
        SafetensorsWriter writer = new();
        writer.AddFloats(name, TensorType.F32, shape, new float[50]);
        writer.Write(folder["u1.safetensors"]);

        TraceOutcome outcome = Problems.Run(Problems.Solution(), new TraceOptions { ExpectedFolder = folder.Root });

        Assert.That((outcome.Kind, outcome.IsDamaged), Is.EqualTo((TraceOutcomeKind.Skipped, true)));
        Assert.That(outcome.Reason, Does.Contain(reason));
    }

    [Test]
    public void Run_WithAnotherSolutionAsReferenceComparesWithIt()
    {
        TraceSolution wrong = Problems.Solution(Problems.Code.Replace("1.0f", "3.0f", StringComparison.Ordinal), name: "wrong");
        TraceSolution faulty = Problems.Solution(Problems.Code.Replace("i < n", "i <= n", StringComparison.Ordinal), name: "faulty");
        TraceDataset dataset = Problems.Dataset([Problems.Solution(name: "one"), Problems.Solution(name: "two"), wrong, faulty]);

        TraceOutcome[] outcomes = Problems.Run(dataset, new TraceOptions { ReferenceSolution = "one" });
        TraceOutcome[] unknown = Problems.Run(dataset, new TraceOptions { ReferenceSolution = "faulty" });

        Assert.That(outcomes.Select(outcome => (outcome.Solution, outcome.Trace!.Evaluation!.Status)), Is.EqualTo(new[]
        {
            ("faulty", TraceStatus.RuntimeError), ("two", TraceStatus.Passed), ("wrong", TraceStatus.IncorrectNumerical),
        }));
        Assert.That(unknown[0].Reason, Does.StartWith("not checked: faulty failed: "));
        Assert.That(() => Problems.Run(dataset, new TraceOptions { ReferenceSolution = "none" }), Throws.ArgumentException.With.Message.Contains("'none'").And.Message.Contains("one, two, wrong"));
    }
}
