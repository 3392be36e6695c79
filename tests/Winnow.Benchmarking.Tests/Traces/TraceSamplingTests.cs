using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using System.Threading;
using NUnit.Framework;
using Winnow.Benchmarking.Timing;
using Winnow.Formats;
using Winnow.Formats.Safetensors;
using Winnow.TestSupport;
using static Winnow.Benchmarking.Traces.ReferenceCalls;

namespace Winnow.Benchmarking.Traces;

/// <summary>Sampling: what may be drawn from a row, and how solutions that draw are judged.</summary>
public sealed class TraceSamplingTests
{
    private const int Vocabulary = 12;

    // Four numbers are left of the first row by top-k and top-p, of the second by top-p; any three of ten of the third, which are equally likely.
    private static readonly float[] Probabilities =
    [
        0.30f, 0.20f, 0.15f, 0.10f, 0.08f, 0.06f, 0.05f, 0.03f, 0.02f, 0.01f, 0, 0,
        0.01f, 0.30f, 0, 0.15f, 0.10f, 0.08f, 0.20f, 0.06f, 0.05f, 0.03f, 0, 0.02f,
        0.1f, 0.1f, 0.1f, 0.1f, 0.1f, 0, 0.1f, 0.1f, 0.1f, 0, 0.1f, 0.1f,
    ];

    private static readonly int[] TopK = [5, Vocabulary, 3];
    private static readonly float[] TopP = [0.9f, 0.7f, 1];

    [TestCase(2, null, new[] { 0.4, 0.3, 0, 0 }, new int[0], 0, 0)]
    [TestCase(0, null, new[] { 0.4, 0.3, 0.2, 0.1 }, new int[0], 0, 0)]
    [TestCase(-3, null, new[] { 0.4, 0.3, 0.2, 0.1 }, new int[0], 0, 0)]
    [TestCase(4, null, new[] { 0.4, 0.3, 0.2, 0.1 }, new int[0], 0, 0)]
    [TestCase(null, 0.5, new[] { 0.4, 0.3, 0, 0 }, new int[0], 0, 0)]
    [TestCase(null, 0.0, new[] { 0.4, 0, 0, 0 }, new int[0], 0, 0)]
    [TestCase(null, -1.5, new[] { 0.4, 0, 0, 0 }, new int[0], 0, 0)]
    [TestCase(null, 1.0, new[] { 0.4, 0.3, 0.2, 0.1 }, new int[0], 0, 0)]
    [TestCase(3, 0.5, new[] { 0.4, 0.3, 0, 0 }, new int[0], 0, 0)]
    [TestCase(3, 0.8, new[] { 0.4, 0.3, 0.2, 0 }, new int[0], 0, 0)]
    [TestCase(3, 0.4, new[] { 0.4, 0, 0, 0 }, new int[0], 0, 0, Description = "0.4 of 0.9 is more than 0.4")]
    [TestCase(null, 0.4, new[] { 0.4, 0.3, 0, 0 }, new[] { 1 }, 0, 0.3, Description = "rounding decides on the second")]
    public void Row_HasTheWeightsThatFiltersLeave(int? topK, double? topP, double[] weights, int[] border, double least, double most)
    {
        TraceDrawRow row = Row([0.4, 0.3, 0.2, 0.1], topK, topP);

        Assert.That(row.Weights, Is.EqualTo(weights));
        Assert.That(row.Border, Is.EqualTo(border));
        Assert.That((row.LeastBorder, row.MostBorder), Is.EqualTo((least, most)));
    }

    [TestCase(2, null, new[] { 0.4, 0.2, 0.2, 0.2, 0 }, new[] { 1, 2, 3 }, 0.2, 0.6)]
    [TestCase(4, null, new[] { 0.4, 0.2, 0.2, 0.2, 0 }, new int[0], 0, 0)]
    [TestCase(null, 0.7, new[] { 0.4, 0.2, 0.2, 0.2, 0 }, new[] { 1, 2, 3 }, 0.4, 0.4)]
    [TestCase(2, 0.9, new[] { 0.4, 0.2, 0.2, 0.2, 0 }, new[] { 1, 2, 3 }, 0.2, 0.6, Description = "of those that all who keep ties see")]
    public void Row_WithTiesAtTheBorderAllowsAllOfThem(int? topK, double? topP, double[] weights, int[] border, double least, double most)
    {
        TraceDrawRow row = Row([0.4, 0.2, 0.2, 0.2, 0], topK, topP);

        Assert.That(row.Weights, Is.EqualTo(weights));
        Assert.That(row.Border, Is.EquivalentTo(border));
        Assert.That(row.LeastBorder, Is.EqualTo(least).Within(1e-12));
        Assert.That(row.MostBorder, Is.EqualTo(most).Within(1e-12));
    }

    [TestCase(double.NaN, "probs[0, 1] is NaN, which is no probability")]
    [TestCase(-0.5, "probs[0, 1] is -0.5, which is no probability")]
    [TestCase(0, "all of probs[0] are 0, so nothing can be drawn")]
    public void Row_OfNoProbabilitiesIsRefused(double value, string problem)
    {
        TraceOutcome outcome = Run(Draw, probabilities: [0, (float)value, .. new float[Vocabulary - 2], .. Probabilities[Vocabulary..]]);

        Assert.That((outcome.Kind, outcome.IsDamaged), Is.EqualTo((TraceOutcomeKind.Skipped, true)));
        Assert.That(outcome.Reason, Does.Contain(problem));
    }

    [TestCase("min_p_sampling_from_probs_v12")]
    [TestCase("top_p_sampling_from_probs_v12")]
    [TestCase("top_k_top_p_sampling_from_logits_v12")]
    public void Reference_OfSamplingThatItDoesNotKnowSaysSo(string name)
    {
        TraceDefinition definition = TraceJson.ParseDefinition(Published.Edited(Published.Sampling, "top_k_top_p_sampling_from_probs_v12", name));
        Dictionary<string, double[]> values = new() { ["probs"] = new double[24], ["top_k"] = [1, 1], ["top_p"] = [1, 1] };

        Assert.That(
            () => TraceReferences.Shipped().Find(definition)!.Distribution!(Call(definition, values, ("batch_size", 2))),
            Throws.TypeOf<NotSupportedException>().With.Message.Contains("top_k_top_p_sampling_from_probs_* are known"));
    }

    [Test]
    public void Run_OfARightSamplerPasses([Values] bool keepsAllTies)
    {
        TraceOutcome outcome = Run(call => Draw(call with { Row = keepsAllTies && call.Index == 2 ? Row(2) : call.Row }));

        TraceEvaluation evaluation = outcome.Trace!.Evaluation!;
        Assert.That(evaluation.Status, Is.EqualTo(TraceStatus.Passed), outcome.Reason);
        Assert.That(evaluation.Correctness!.MaxAbsoluteError, Is.GreaterThan(0).And.LessThan(0.1));
        Assert.That(evaluation.Correctness.Extra, Does.Contain("\"reference\":\"sampling in C#\"").And.Contain("\"false_alarms\":1E-06").And.Contain("\"tvd\":0.0"));
        Assert.That(TraceJson.ParseTrace(TraceJson.Write(outcome.Trace)).Evaluation!.Correctness!.MaxAbsoluteError, Is.EqualTo(evaluation.Correctness.MaxAbsoluteError));
    }

    [TestCase("outside", "[0] of samples is 4 in draw ", ", which must not be drawn: there are 4 that may")]
    [TestCase("zero", "[2] of samples is 5 in draw ", ", which must not be drawn: there are 10 that may")]
    [TestCase("unwritten", "[0] of samples is -1 in draw 1, ", "there are 0 to 11")]
    [TestCase("beyond", "[1] of samples is 12 in draw 1, ", "there are 0 to 11")]
    [TestCase("cold", " of samples is drawn from another distribution: n KL of ", " in one of 1000000 workloads; ")]
    [TestCase("flat", " of samples is drawn from another distribution: n KL of ", " in one of 1000000 workloads; ")]
    [TestCase("constant", "of samples is drawn from another distribution: n KL of ", "; 0 was drawn 3846 times, 1538.4 are expected")]
    public void Run_OfAWrongSamplerSaysWhatIsWrong(string kind, string start, string end)
    {
        TraceOutcome outcome = Run(call => kind switch
        {
            "outside" when call.Index == 0 && call.Random.NextDouble() < 0.1 => 4,
            "zero" when call.Index == 2 && call.Random.NextDouble() < 0.1 => 5,
            "unwritten" when call.Index == 0 => -1,
            "beyond" when call.Index == 1 => Vocabulary,
            "cold" => Draw(call with { Row = Array.ConvertAll(call.Row, value => value * value) }),
            "flat" => Draw(call with { Row = Array.ConvertAll(call.Row, value => value > 0 ? 1f : 0) }),
            "constant" => Array.IndexOf(call.Row, call.Row.Max()),
            _ => Draw(call),
        });

        TraceEvaluation evaluation = outcome.Trace!.Evaluation!;
        Assert.That(evaluation.Status, Is.EqualTo(TraceStatus.IncorrectNumerical));
        Assert.That(evaluation.Log, Does.Contain(start).And.Contain(end).And.EqualTo(outcome.Reason));
        Assert.That(double.IsInfinity(evaluation.Correctness!.MaxAbsoluteError), Is.EqualTo(kind is "outside" or "zero" or "unwritten" or "beyond"));
        Assert.That(TraceJson.ParseTrace(TraceJson.Write(outcome.Trace)).Evaluation!.Status, Is.EqualTo(TraceStatus.IncorrectNumerical), "what is written can be read");
    }

    [Test]
    public void Run_OfASamplerThatIsTooSlowIsNotCheckedAndNotPassed()
    {
        TraceOutcome outcome = Run(
            call =>
            {
                Thread.Sleep(1);
                return Draw(call);
            },
            new TraceOptions { TimeLimit = TimeSpan.FromSeconds(1) });

        Assert.That((outcome.Kind, outcome.Trace), Is.EqualTo((TraceOutcomeKind.NotChecked, (KernelTrace?)null)), outcome.Reason);
        Assert.That(outcome.Reason, Does.Match("^not checked: the [0-9]+ draws that it takes need more than 1 s; the [0-9]+ that were made are such as may be drawn$"));
    }

    [Test]
    public void Run_OfASamplerAsReferenceIsJudgedByTheDistribution()
    {
        TraceOptions options = new() { ReferenceSolution = "right", Timing = Fast };
        TraceOperation other = new("right", "top_k_top_p_sampling_from_probs_v12", operands => operands.Outputs["samples"].As<long>().Clear());

        Assert.That(Run(Draw, options with { Operations = [other] }).Trace!.Evaluation!.Status, Is.EqualTo(TraceStatus.Passed), "its draws need not be those of another");
    }

    [Test]
    public void Run_OfADistributionThatDoesNotFitIsNotChecked()
    {
        TraceReferences references = new TraceReferences().Add("sampling", TraceReference.OfDraws("short", _ => new TraceDistribution("samples", [new TraceDrawRow([1])])));

        TraceOutcome outcome = Run(Draw, new TraceOptions { References = references });

        Assert.That((outcome.Kind, outcome.Reason), Is.EqualTo((TraceOutcomeKind.NotChecked, "not checked: a distribution of 1 values of samples is not what top_k_top_p_sampling_from_probs_v12 gives")));
    }

    [TestCase("state[blockIdx.x] += 1;", "", "is drawn from another distribution")]
    [TestCase("before <= top_p[blockIdx.x]", "true", "which must not be drawn")]
    [TestCase("uniform_number(blockIdx.x, state[blockIdx.x])", "0.5f * uniform_number(blockIdx.x, state[blockIdx.x])", "is drawn from another distribution")]
    public void Run_OfAWrongKernelSaysWhatIsWrong(string from, string to, string reason)
    {
        NvrtcSupport.Require();
        TraceDataset shipped = TraceDataset.Load(Problems.ShippedPath);
        TraceSolution solution = shipped.Solutions["winnow_top_p_counting"];
        TraceDataset dataset = new();
        dataset.Add(shipped.Definitions[solution.Definition]);
        dataset.Add(solution with { Sources = [solution.Sources[0] with { Content = Published.Edited(solution.Sources[0].Content, from, to) }, .. solution.Sources.Skip(1)] });
        dataset.Add(shipped.Workloads.First(workload => workload.Definition == solution.Definition));

        TraceOutcome outcome = Problems.Run(dataset, new TraceOptions { Draws = new TraceDrawOptions { Distance = 0.4 } }).Single();

        Assert.That(outcome.Trace?.Evaluation!.Status, Is.EqualTo(TraceStatus.IncorrectNumerical), outcome.Reason);
        Assert.That(outcome.Reason, Does.Contain(reason));
    }

    private static TimingOptions Fast => new() { Samples = 30, WarmUps = 0 };

    private static TraceOutcome Run(Func<Sampling, int> sampler, TraceOptions? options = null, float[]? probabilities = null)
    {
        using TemporaryFolder folder = new();
        SafetensorsWriter writer = new();
        writer.AddFloats("probs", TensorType.F32, [3, Vocabulary], probabilities ?? Probabilities);
        writer.AddFloats("top_p", TensorType.F32, [3], TopP);
        writer.AddBytes("top_k", TensorType.I32, [3], (_, destination) => MemoryMarshal.AsBytes(TopK.AsSpan()).CopyTo(destination));
        writer.Write(folder["inputs.safetensors"]);
        TraceDefinition definition = TraceJson.ParseDefinition(Published.Sampling);
        TraceDataset dataset = new();
        dataset.Add(definition);
        dataset.Add(new KernelTrace
        {
            Definition = definition.Name,
            Workload = new TraceWorkload
            {
                Uuid = "u1",
                Axes = new Dictionary<string, long> { ["batch_size"] = 3 },
                Inputs = definition.Inputs.ToDictionary(
                    input => input.Name, input => new TraceInput { Kind = TraceInputKind.Safetensors, Path = folder["inputs.safetensors"], TensorKey = input.Name }),
            },
        });
        Random random = new(7);
        TraceOperation operation = new("sampler", definition.Name, operands =>
        {
            for (int row = 0; row < 3; row++)
            {
                operands.Outputs["samples"].As<long>()[row] = sampler(new Sampling(row, Kept(row), random));
            }
        });
        options ??= new TraceOptions { Timing = Fast };
        return Problems.Run(dataset, options with { Operations = [operation, .. options.Operations] }).Single();
    }

    private static TraceDrawRow Row(double[] probabilities, int? topK, double? topP)
    {
        string name = (topK is null ? "" : "top_k_") + (topP is null ? "" : "top_p_") + "sampling_from_probs_v4";
        List<TraceTensor> inputs = [new("probs", ["batch_size", "vocab_size"], TraceDType.Float32)];
        Dictionary<string, double[]> values = new() { ["probs"] = probabilities };
        if (topK is { } k)
        {
            inputs.Add(new TraceTensor("top_k", ["batch_size"], TraceDType.Int32));
            values["top_k"] = [k];
        }

        if (topP is { } p)
        {
            inputs.Add(new TraceTensor("top_p", ["batch_size"], TraceDType.Float32));
            values["top_p"] = [p];
        }

        TraceDefinition definition = Define(name, "sampling", [("batch_size", 1), ("vocab_size", probabilities.Length)], inputs, [new("samples", ["batch_size"], TraceDType.Int64)]);
        return TraceReferences.Shipped().Find(definition)!.Distribution!(Call(definition, values)).Rows.Single();
    }

    private static float[] Row(int index) => Probabilities[(index * Vocabulary)..((index + 1) * Vocabulary)];

    /// <summary>What is left of a row, step by step as definitions say it.</summary>
    private static float[] Kept(int index)
    {
        int[] order = [.. Enumerable.Range(0, Vocabulary).OrderByDescending(i => Row(index)[i])];
        float[] sorted = [.. order.Select(i => Row(index)[i])];
        if (TopK[index] is > 0 and < Vocabulary)
        {
            Array.Clear(sorted, TopK[index], Vocabulary - TopK[index]);
            sorted = Array.ConvertAll(sorted, value => value / sorted.Sum());
        }

        float sum = 0;
        float[] kept = new float[Vocabulary];
        for (int i = 0; i < Vocabulary; i++)
        {
            kept[order[i]] = TopP[index] >= 1 || i == 0 || sum <= TopP[index] ? sorted[i] : 0;
            sum += sorted[i];
        }

        return kept;
    }

    private static int Draw(Sampling call)
    {
        double left = call.Random.NextDouble() * call.Row.Sum(value => (double)value);
        int number = Array.FindIndex(call.Row, value => value > 0);
        for (int i = number; i < Vocabulary && left >= 0; i++)
        {
            number = call.Row[i] > 0 ? i : number;
            left -= call.Row[i];
        }

        return number;
    }

    /// <summary>A call of a sampler for one row.</summary>
    private sealed record Sampling(int Index, float[] Row, Random Random);
}
