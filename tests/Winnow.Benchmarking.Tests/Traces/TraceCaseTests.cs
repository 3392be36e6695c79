using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;
using Winnow.Formats;
using Winnow.Formats.Safetensors;

namespace Winnow.Benchmarking.Traces;

/// <summary>Workloads worked out, and their inputs.</summary>
public sealed class TraceCaseTests
{
    private const long Memory = 1L << 30;

    [Test]
    public void Axes_AreTheDefinitionsAndTheWorkloads()
    {
        TraceCase problem = new(Problems.Definition, Problems.Workload(7), Memory);

        Assert.That(problem.Axes, Is.EquivalentTo(new Dictionary<string, long> { ["N"] = 7, ["W"] = 10 }));
        Assert.That(problem.ShapeOf(Problems.Definition.Inputs[0]), Is.EqualTo(new long[] { 7, 10 }));
        Assert.That((problem.ElementsOf(Problems.Definition.Outputs[0]), problem.ElementsOf(Problems.Definition.Inputs[1])), Is.EqualTo((70, 1)));
    }

    [Test]
    public void Axes_ThatAreMissingUnknownOrContradictAreNamed()
    {
        Assert.That(Message(), Is.EqualTo("axpy.jsonl(3): workload.axes.N: this is missing: axpy_w10 has no length of its own for it."));
        Assert.That(Message(("N", 3), ("M", 2)), Is.EqualTo("axpy.jsonl(3): workload.axes.M: axpy_w10 has no such axis; it has N, W."));
        Assert.That(Message(("N", 3), ("W", 9)), Is.EqualTo("axpy.jsonl(3): workload.axes.W: this is 9, and axpy_w10 says 10."));
        Assert.That(new TraceCase(Problems.Definition, With(("N", 3), ("W", 10)), Memory).Axes["W"], Is.EqualTo(10));

        static string Message(params (string, long)[] axes) => Refused(Problems.Definition, With(axes));
    }

    [Test]
    public void Inputs_ThatAreMissingOrUnknownAreNamed()
    {
        KernelTrace workload = Problems.Workload();
        Dictionary<string, TraceInput> inputs = new(workload.Workload.Inputs);
        inputs.Remove("a");
        Assert.That(Refused(Problems.Definition, workload with { Workload = workload.Workload with { Inputs = inputs } }), Does.Contain("workload.inputs.a: this is missing"));
        inputs["b"] = new TraceInput { Kind = TraceInputKind.Random };
        Assert.That(Refused(Problems.Definition, workload with { Workload = workload.Workload with { Inputs = inputs } }), Does.Contain("workload.inputs.b: axpy_w10 has no such input; it has x, a"));
    }

    [TestCase("N == W / 2", "")]
    [TestCase("N == x.shape[0]", "")]
    [TestCase("N % 2 == 0", "axpy_w10 wants N % 2 == 0, and this is 1 and 0")]
    [TestCase("N*W == 51", "axpy_w10 wants N*W == 51, and this is 50 and 51")]
    public void Constraints_OverAxesAreChecked(string constraint, string problem)
    {
        TraceDefinition definition = Problems.Definition with { Constraints = [constraint] };

        Assert.That(problem.Length == 0 ? "" : Refused(definition, Problems.Workload()), Does.EndWith(problem + (problem.Length == 0 ? "" : ".")));
        Assert.That(() => new TraceCase(definition, Problems.Workload(), Memory), problem.Length == 0 ? Throws.Nothing : Throws.TypeOf<TraceFormatException>());
    }

    [TestCase(100_000_000L)]
    [TestCase(1L << 62)]
    [TestCase(long.MaxValue)]
    public void Memory_ThatIsNotThereIsRefusedBeforeItIsTaken(long rows)
    {
        Assert.That(Refused(Problems.Definition, Problems.Workload(rows)), Does.StartWith($"axpy.jsonl(3): workload.axes: 'x' of {rows} x 10 needs more memory than there is"));
    }

    [Test]
    public void Inputs_AreTheSameForTheSameSeedAndOthersForAnother()
    {
        TraceCase problem = new(Problems.Definition, Problems.Workload(1000), Memory);

        double[] first = TraceInputs.Make(problem, "", 0)["x"].ToDoubles();
        double[] again = TraceInputs.Make(problem, "", 0)["x"].ToDoubles();
        double[] other = TraceInputs.Make(problem, "", 1)["x"].ToDoubles();
        double[] elsewhere = TraceInputs.Make(new TraceCase(Problems.Definition, Problems.Workload(1000, uuid: "u2"), Memory), "", 0)["x"].ToDoubles();

        Assert.That(again, Is.EqualTo(first));
        Assert.That(first, Is.Not.EqualTo(other).And.Not.EqualTo(elsewhere));

        // Of 10,000 normal numbers: five deviations of the mean, 5 / sqrt(10000), and of the variance, 5 sqrt(2 / 10000).
        Assert.That(first.Average(), Is.EqualTo(0).Within(0.05));
        Assert.That(first.Average(value => value * value), Is.EqualTo(1).Within(0.0708));
    }

    [TestCase(TraceDType.Bool, 0, 1)]
    [TestCase(TraceDType.Int8, -128, 127)]
    [TestCase(TraceDType.Int16, -1024, 1023)]
    [TestCase(TraceDType.Int32, -1024, 1023)]
    [TestCase(TraceDType.Int64, -1024, 1023)]
    public void Inputs_OfIntegersFillTheRangeOfTheSchemasHarness(TraceDType type, int least, int most)
    {
        TraceDefinition definition = Problems.Definition with { Inputs = [new TraceTensor("x", ["N", "W"], type), Problems.Definition.Inputs[1]] };

        double[] values = TraceInputs.Make(new TraceCase(definition, Problems.Workload(10_000), Memory), "", 0)["x"].ToDoubles();

        // 100,000 draws of at most 2048 values miss one end with a chance of exp(-48).
        Assert.That((values.Min(), values.Max()), Is.EqualTo(((double)least, (double)most)));
        Assert.That(values, Has.All.Matches<double>(value => value == (int)value));
    }

    [Test]
    public void Inputs_OfSamplingAreProbabilities()
    {
        TraceDefinition definition = Problems.Definition with { OpType = "sampling", Inputs = [new TraceTensor("probs", ["N", "W"], TraceDType.Float32)] };
        KernelTrace workload = Problems.Workload();
        workload = workload with { Workload = workload.Workload with { Inputs = new Dictionary<string, TraceInput> { ["probs"] = new() { Kind = TraceInputKind.Random } } } };

        double[] values = TraceInputs.Make(new TraceCase(definition, workload, Memory), "", 0)["probs"].ToDoubles();

        Assert.That(values, Has.All.GreaterThan(0));
        Assert.That(values.Chunk(10).Select(row => row.Sum()), Has.All.EqualTo(1).Within(10 * 6e-8), "ten roundings to 24 bits");
    }

    [TestCase("true", TraceDType.Bool, 1)]
    [TestCase("1e-06", TraceDType.Float32, 1e-6f)]
    [TestCase("-3", TraceDType.Int32, -3)]
    public void Inputs_OfScalarsAreWhatTheLineSays(string text, TraceDType type, double value)
    {
        Assert.That(Scalar(text, type), Is.EqualTo(value));
    }

    [TestCase("2.5", TraceDType.Int32, "2.5 is no int32")]
    [TestCase("128", TraceDType.Int8, "128 is no int8")]
    [TestCase("2", TraceDType.Bool, "2 is no bool")]
    public void Inputs_OfScalarsThatAreNoneAreRefused(string text, TraceDType type, string problem)
    {
        Assert.That(() => Scalar(text, type), Throws.TypeOf<TraceFormatException>().With.Message.EqualTo($"axpy.jsonl(3): workload.inputs.a.value: {problem}."));
    }

    [Test]
    public void Inputs_OfANumberForATensorAreRefused()
    {
        KernelTrace workload = Problems.Workload();
        workload = workload with { Workload = workload.Workload with { Inputs = new Dictionary<string, TraceInput>(workload.Workload.Inputs) { ["x"] = workload.Workload.Inputs["a"] } } };

        Assert.That(() => TraceInputs.Make(new TraceCase(Problems.Definition, workload, Memory), "", 0), Throws.TypeOf<TraceFormatException>().With.Message.Contains("'x' has the shape [N, W]"));
    }

    [Test]
    public void Inputs_FromAFileAreItsBytes()
    {
        using TemporaryFolder folder = new();
        SafetensorsWriter writer = new();
        float[] values = [.. Enumerable.Range(0, 50).Select(i => i / 4f)];
        writer.AddFloats("t", TensorType.F32, [5, 10], values);
        writer.AddFloats("half", TensorType.F16, [5, 10], values);
        writer.AddFloats("flat", TensorType.F32, [50], values);
        writer.Write(folder["w.safetensors"]);

        Assert.That(Load("./w.safetensors", "t"), Is.EqualTo(values));
        Assert.That(() => Load("w.safetensors", "u"), Throws.TypeOf<TraceFormatException>().With.Message.Contains("workload.inputs.x.tensor_key: ").And.Message.Contains("has no tensor 'u'; it has ").And.Message.Contains("half"));
        Assert.That(() => Load("w.safetensors", "half"), Throws.TypeOf<TraceFormatException>().With.Message.Contains("has half F16 [5, 10], and float32 [5, 10] is wanted"));
        Assert.That(() => Load("w.safetensors", "flat"), Throws.TypeOf<TraceFormatException>().With.Message.Contains("has flat F32 [50], and float32 [5, 10] is wanted"));
        Assert.That(() => Load("none.safetensors", "t"), Throws.TypeOf<TraceFormatException>().With.Message.Contains("workload.inputs.x.path: ").And.Message.Contains("there is no such file"));
        System.IO.File.WriteAllText(folder["bad.safetensors"], "no header");
        Assert.That(() => Load("bad.safetensors", "t"), Throws.TypeOf<TraceFormatException>().With.Message.Contains("workload.inputs.x.path: "));

        double[] Load(string path, string key)
        {
            KernelTrace workload = Problems.Workload();
            TraceInput input = new() { Kind = TraceInputKind.Safetensors, Path = path, TensorKey = key };
            workload = workload with { Workload = workload.Workload with { Inputs = new Dictionary<string, TraceInput>(workload.Workload.Inputs) { ["x"] = input } } };
            return TraceInputs.Make(new TraceCase(Problems.Definition, workload, Memory), folder.Root, 0)["x"].ToDoubles();
        }
    }

    private static double Scalar(string text, TraceDType type)
    {
        TraceDefinition definition = Problems.Definition with { Inputs = [Problems.Definition.Inputs[0], new TraceTensor("a", null, type)] };
        return TraceInputs.Make(new TraceCase(definition, Problems.Workload(a: text), Memory), "", 0)["a"].ToDoubles().Single();
    }

    private static string Refused(TraceDefinition definition, KernelTrace workload) =>
        Assert.Throws<TraceFormatException>(() => _ = new TraceCase(definition, workload, Memory))!.Message;

    private static KernelTrace With(params (string Name, long Value)[] axes)
    {
        KernelTrace workload = Problems.Workload();
        return workload with { Workload = workload.Workload with { Axes = axes.ToDictionary(axis => axis.Name, axis => axis.Value) } };
    }
}
