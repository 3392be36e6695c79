using System.Collections.Generic;
using System.IO;
using System.Linq;
using NUnit.Framework;
using Winnow.Gpu;

namespace Winnow.Benchmarking.Descriptions;

public sealed class KernelDescriptionTests
{
    private const string Saxpy = """
        { "axes": { "n": 1000 }, "grid": "ceil_div(n, 256)", "block": 256,
          "arguments": ["inout y: f32[n]", "in x: f32[n]", "a: f32 = 2.5", "n: i32 = n"] }
        """;

    private static readonly KernelSource Source = new("saxpy.cu", "", new Dictionary<string, string>());

    [Test]
    public void Plan_OfThreeLinesIsTheLaunch()
    {
        LaunchPlan plan = KernelDescription.Parse(Saxpy, Source).Plan();

        Assert.That(plan.Shape, Is.EqualTo(new LaunchShape(4, 1, 1, 256)));
        Assert.That(plan.Arguments.Select(argument => argument.ToString()), Is.EqualTo(new[] { "y: f32[1000]", "x: f32[1000]", "a: f32", "n: i32" }));
        Assert.That(plan.Arguments.Select(argument => argument.Value), Is.EqualTo(new[] { 0, 0, 2.5, 1000 }));
        Assert.That((plan.ReadBytes, plan.WrittenBytes, plan.MemoryBytes, plan.Flops), Is.EqualTo((8000L, 4000L, 8000L, (double?)null)));
    }

    [Test]
    public void Parse_OfEveryFieldTakesIt()
    {
        KernelDescription description = KernelDescription.Parse("""
            {
              // Comments are allowed, and so are trailing commas.
              "kernel": "k", "code": "int x;", "definitions": { "D": 128, "T": "half" }, "axes": { "n": 1e3 }, "grid": ["n", 2], "block": [32, "4", 2],
              "shared": "n * 4", "arguments": [], "flops": "2 * n",
              "check": { "reference": { "kernel": "exact", "grid": 1 }, "plain": "plain", "tolerance": { "absolute": 0.5, "relative": 1e-3 } },
            }
            """);
        LaunchPlan plan = description.Plan();

        Assert.That((description.Kernel, description.Source.Text), Is.EqualTo(("k", "int x;")));
        Assert.That(description.Definitions, Is.EqualTo(new[] { "D=128", "T=half" }));
        Assert.That(plan.Shape, Is.EqualTo(new LaunchShape(1000, 2, 1, 32, 4, 2, 4000)));
        Assert.That(plan.Flops, Is.EqualTo(2000));
        KernelCheck check = description.Check!;
        Assert.That((check.Reference.Kernel!.Kernel, check.Reference.Kernel.Plan().Shape), Is.EqualTo(("exact", new LaunchShape(1, 1, 1, 32, 4, 2, 4000))));
        Assert.That((check.Plain!.Kernel!.Kernel, check.Plain.Kernel.Plan().Shape), Is.EqualTo(("plain", plan.Shape)));
        Assert.That(check.Tolerance, Is.EqualTo(new Tolerance(0.5, 1e-3)));
    }

    [Test]
    public void Load_OfASourceTakesTheDescriptionBesideItAndItsHeaders()
    {
        using TemporaryFolder folder = new();
        Directory.CreateDirectory(folder["inc"]);
        File.WriteAllText(folder["saxpy.cu"], "#include \"near.cuh\"\n#include <far.cuh>\n#include \"common/types.cuh\"\n#include <nowhere.h>\n");
        File.WriteAllText(folder["near.cuh"], "#include \"nearer.cuh\"\n");
        File.WriteAllText(folder["nearer.cuh"], "// nearer\n");
        File.WriteAllText(folder["inc/far.cuh"], "// far\n");
        File.WriteAllText(folder["saxpy.json"], Saxpy);

        KernelDescription fromSource = KernelDescription.Load(folder["saxpy.cu"], includeFolders: [folder["inc"]]);
        KernelDescription fromDescription = KernelDescription.Load(folder["saxpy.json"]);

        Assert.That(fromSource.Source.Headers.Keys, Is.EquivalentTo(new[] { "near.cuh", "nearer.cuh", "far.cuh", "common/types.cuh" }));
        Assert.That(fromDescription.Source.Text, Is.EqualTo(fromSource.Source.Text));
        Assert.That(fromSource.File, Is.EqualTo(folder["saxpy.json"]));
    }

    [Test]
    public void Load_WithoutADescriptionShowsTheSmallest()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["a.cu"], "");

        WinnowException exception = Assert.Throws<WinnowException>(() => KernelDescription.Load(folder["a.cu"]))!;

        Assert.That(exception.Message, Does.Contain("a.json").And.Contain("\"arguments\": ["));
        string smallest = exception.Message[exception.Message.IndexOf('{')..];
        Assert.That(KernelDescription.Parse(smallest, Source).Plan().Arguments, Has.Count.EqualTo(3), "what the message shows must work");
    }

    [TestCase("""{ "grid": 1 """, 1, "", "no JSON")]
    [TestCase("[]", 1, "", "should be an object")]
    [TestCase("{ \"grid\": 1,\n \"blocks\": 2 }", 2, "blocks", "there is no such field; there are kernel, file, code, definitions")]
    [TestCase("{ \"grid\": 1,\n \"grid\": 2 }", 2, "grid", "twice")]
    [TestCase("""{ "block": 1, "arguments": [] }""", 1, "grid", "missing")]
    [TestCase("""{ "grid": 1, "arguments": [] }""", 1, "block", "missing")]
    [TestCase("""{ "grid": 1, "block": 1 }""", 1, "arguments", "missing")]
    [TestCase("{ \"grid\": 1, \"block\": 1, \"arguments\": [],\n\n\"axes\": { \"n\": 1.5 } }", 3, "axes.n", "'1.5' is no whole number")]
    [TestCase("""{ "grid": 1, "block": 1, "arguments": [], "axes": { "n": -1 } }""", 1, "axes.n", "'-1' is no whole number")]
    [TestCase("""{ "grid": {}, "block": 1, "arguments": [] }""", 1, "grid", "text, a number, or a list")]
    [TestCase("""{ "grid": 1, "block": 1, "arguments": [], "shared": [] }""", 1, "shared", "text or a number")]
    [TestCase("""{ "grid": 1, "block": 1, "arguments": [], "definitions": 3 }""", 1, "definitions", "object")]
    [TestCase("""{ "grid": 1, "block": 1, "arguments": [], "check": {} }""", 1, "check.reference", "missing")]
    [TestCase("""{ "grid": 1, "block": 1, "arguments": [], "check": { "referenz": "x" } }""", 1, "check.referenz", "no such field; there are reference, plain, tolerance")]
    [TestCase("""{ "grid": 1, "block": 1, "arguments": [], "check": { "reference": 3 } }""", 1, "check.reference", "name of another kernel")]
    [TestCase("""{ "grid": 1, "block": 1, "arguments": [], "check": { "reference": { "gird": 1 } } }""", 1, "check.reference.gird", "no such field")]
    [TestCase("""{ "grid": 1, "block": 1, "arguments": [], "check": { "reference": "x", "tolerance": { "relative": "Infinity" } } }""", 1, "check.tolerance.relative", "'Infinity' is no finite number")]
    [TestCase("""{ "grid": 1, "block": 1, "arguments": [], "check": { "reference": "x", "tolerance": { "absolute": -1 } } }""", 1, "check.tolerance.absolute", "'-1'")]
    public void Parse_OfWhatIsWrongNamesFieldLineAndRemedy(string json, int line, string field, string problem)
    {
        KernelDescriptionException exception = Assert.Throws<KernelDescriptionException>(() => KernelDescription.Parse(json, Source))!;

        Assert.That((exception.Line, exception.Field), Is.EqualTo((line, field)));
        Assert.That(exception.Message, Does.Contain(problem).And.Contain($"({line})"));
    }

    [TestCase("\"grid\": \"ceil_div(n, zero)\"", "grid", "divided by 0")]
    [TestCase("\"grid\": \"n - 1000\"", "grid", "'n - 1000' is 0; it must be from 1 to 2147483647")]
    [TestCase("\"grid\": [1, \"n * n\"]", "grid", "it must be from 1 to 65535")]
    [TestCase("\"grid\": [1, 1, 1, 1]", "grid", "4 dimensions")]
    [TestCase("\"block\": [64, 32]", "block", "64 x 32 x 1 threads are more than the 1024")]
    [TestCase("\"shared\": \"0 - 1\"", "shared", "-1 is no number of bytes")]
    [TestCase("\"arguments\": [\"n: i32 = 1\",\n\"in x: f32[m]\"]", "arguments[1]", "there is no axis 'm'")]
    [TestCase("\"arguments\": [\"in x: f32[n - 1000]\"]", "arguments[0]", "'x' has a dimension of 0")]
    [TestCase("\"arguments\": [\"in x: f32[n * n * n * n * n * n * n]\"]", "arguments[0]", "does not fit 64 bits")]
    [TestCase("\"arguments\": [\"in x: f64[n * n * n, n * n * n, 2]\"]", "arguments[0]", "does not fit 64 bits")]
    [TestCase("\"arguments\": [\"n: u8 = n\"]", "arguments[0]", "1000 is out of the range of u8, 0 to 255")]
    [TestCase("\"arguments\": [\"in x: f32[n] = uniform(5, 1)\"]", "arguments[0]", "uniform(5, 1) ends before it begins")]
    [TestCase("\"arguments\": [\"n: i32 = 1\", \"n: i32 = 1\"]", "arguments", "'n' stands there twice")]
    [TestCase("\"flops\": \"n +\"", "flops", "ends too early")]
    [TestCase("\"flops\": \"0 - n\"", "flops", "no number of operations")]
    public void Plan_OfWhatCannotBeNamesTheField(string override_, string field, string problem)
    {
        string name = override_.Split('"')[1];
        Dictionary<string, string> fields = new() { ["grid"] = "\"grid\": 1", ["block"] = "\"block\": 1", ["arguments"] = "\"arguments\": []" };
        fields[name] = override_;
        string json = $"{{ \"axes\": {{ \"n\": 1000, \"zero\": 0 }}, {string.Join(",\n", fields.Values)} }}";

        KernelDescriptionException exception = Assert.Throws<KernelDescriptionException>(() => KernelDescription.Parse(json, Source).Plan())!;

        Assert.That(exception.Field, Is.EqualTo(field));
        Assert.That(exception.Message, Does.Contain(problem));
        Assert.That(exception.Line, Is.Positive);
    }

    [Test]
    public void WithAxes_ChangesTheLaunchAndRefusesUnknownNames()
    {
        KernelDescription description = KernelDescription.Parse(Saxpy, Source);

        Assert.That(description.WithAxes([KeyValuePair.Create("n", 257L)]).Plan().Shape.GridX, Is.EqualTo(2));
        Assert.That(() => description.WithAxes([KeyValuePair.Create("m", 1L)]), Throws.ArgumentException.With.Message.Contains("no axis 'm'; there are n"));
    }
}
