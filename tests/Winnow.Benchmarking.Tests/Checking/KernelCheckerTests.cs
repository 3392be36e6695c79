using System.Collections.Generic;
using System.IO;
using System.Linq;
using NUnit.Framework;
using Winnow.Benchmarking.Descriptions;
using Winnow.Formats;
using Winnow.Formats.Safetensors;
using Winnow.Simulator;
using Winnow.TestSupport;

namespace Winnow.Benchmarking.Checking;

public sealed class KernelCheckerTests
{
    private const string Code = """
        extern "C" __global__ void sum(float* out, const float* x, int n) {
          float total = 0;
          for (int i = threadIdx.x; i < n; i += 32) total += x[i];
          for (int d = 16; d > 0; d /= 2) total += __shfl_xor_sync(~0u, total, d);
          if (threadIdx.x == 0) { out[0] = total; out[1] = 2 * total; }
        }
        extern "C" __global__ void sum_exact(double* out, const double* x, int n) {
          double total = 0;
          for (int i = 0; i < n; ++i) total += x[i];
          out[0] = total; out[1] = 2 * total;
        }
        extern "C" __global__ void sum_plain(float* out, const float* x, int n) {
          float total = 0;
          for (int i = 0; i < n; ++i) total += x[i];
          out[0] = total; out[1] = 2 * total;
        }
        extern "C" __global__ void sum_wrong(float* out, const float* x, int n) {
          float total = 0;
          for (int i = 0; i < n - 1; ++i) total += x[i];
          out[0] = total; out[1] = 2 * total;
        }
        extern "C" __global__ void sum_half(float* out, const float* x, int n) {
          if (threadIdx.x == 0) { float total = 0; for (int i = 0; i < n; ++i) total += x[i]; out[0] = total; }
        }
        """;

    private const string Launch = "\"axes\": { \"n\": 4000 }, \"grid\": 1, \"block\": 32, \"arguments\": [\"out out: f32[2]\", \"in x: f32[n] = uniform(0, 1)\", \"n: i32 = n\"]";

    private const string Exact = "{ \"kernel\": \"sum_exact\", \"block\": 1, \"arguments\": [\"out out: f64[2]\", \"in x: f64[n]\", \"n: i32 = n\"] }";

    private PtxSimulator _simulator = null!;

    [SetUp]
    public void Open()
    {
        NvrtcSupport.Require();
        _simulator = new PtxSimulator();
    }

    [TearDown]
    public void Close() => _simulator.Dispose();

    [Test]
    public void Check_AgainstADoubleReferenceAllowsWhatAPlainSumErrs()
    {
        CheckResult good = Check("sum", $"{{ \"reference\": {Exact}, \"plain\": {{ \"kernel\": \"sum_plain\", \"block\": 1 }} }}");
        CheckResult wrong = Check("sum_wrong", $"{{ \"reference\": {Exact}, \"plain\": {{ \"kernel\": \"sum_plain\", \"block\": 1 }} }}");

        Assert.That((good.IsPassed, good.Kernel, good.Device), Is.EqualTo((true, "sum", _simulator.Properties.Name)));
        Assert.That(good.Rule, Does.Contain("plain computation"));
        Assert.That((good.Outputs.Single().Values, good.Outputs.Single().Type), Is.EqualTo((2L, ElementType.F32)));
        Assert.That((wrong.IsPassed, wrong.Outputs.Single().Mismatches), Is.EqualTo((false, 2L)));
    }

    [Test]
    public void Check_OfAKernelThatLeavesValuesOutShowsNaN()
    {
        CheckResult result = Check("sum_half", $"{{ \"reference\": {Exact}, \"tolerance\": {{ \"absolute\": 100 }} }}");

        Assert.That((result.IsPassed, result.Outputs[0].UnexpectedNaNs, result.Outputs[0].WorstIndex), Is.EqualTo((false, 1L, 1L)));
    }

    [Test]
    public void Check_AgainstAnotherKernelOfTheFileNeedsItsNameOnly()
    {
        CheckResult result = Check("sum_plain", "{ \"reference\": \"sum\", \"tolerance\": { \"absolute\": 0.01 } }");

        Assert.That(result.IsPassed, Is.True);
        Assert.That(result.Outputs[0].MaxAbsoluteError, Is.Positive, "the two sum in different orders");
    }

    [TestCase("{ \"reference\": \"sum\" }", "check.reference")]
    [TestCase("{ \"reference\": \"sum_plain\", \"plain\": { \"kernel\": \"sum\" } }", "check.plain")]
    public void Check_AgainstTheKernelItselfIsRefused(string check, string field)
    {
        KernelDescriptionException exception = Assert.Throws<KernelDescriptionException>(() => Check("sum", check))!;

        Assert.That(exception.Message, Does.Contain(field).And.Contain("sum itself"));
        Assert.That(() => Check("sum", "{ \"reference\": { \"grid\": 2 } }"), Throws.Nothing, "another launch of it is another computation");
    }

    [Test]
    public void Check_AgainstDataReadsIt()
    {
        using TemporaryFolder folder = new();
        SafetensorsWriter writer = new();
        writer.AddFloats("out", TensorType.F32, [2], new float[] { 4000, 8000 });
        writer.Write(folder["expected.safetensors"]);
        File.WriteAllBytes(folder["expected.bin"], [0, 0, 0x7A, 0x45, 0, 0, 0xFA, 0x45]);
        KernelDescription ones = Describe("sum", null) with { Arguments = ["out out: f32[2]", "in x: f32[n] = ones", "n: i32 = n"] };

        foreach (string name in new[] { "expected.safetensors", "expected.bin" })
        {
            KernelDescription description = ones with { Check = new KernelCheck { Reference = new CheckSource { DataPath = folder[name] } } };
            CheckResult result = new KernelChecker(_simulator, Kernels.Compiler).Check(description);
            Assert.That((result.IsPassed, result.Outputs[0].MaxAbsoluteError), Is.EqualTo((true, 0)), name);
        }

        KernelDescription missing = ones with { Check = new KernelCheck { Reference = new CheckSource { DataPath = folder["none.bin"] } } };
        Assert.That(() => new KernelChecker(_simulator, Kernels.Compiler).Check(missing), Throws.TypeOf<KernelDescriptionException>().With.Message.Contains("none.bin"));
    }

    [Test]
    public void Check_AgainstADelegateGivesItTheInputs()
    {
        KernelChecker checker = new(_simulator, Kernels.Compiler);
        KernelDescription description = Describe("sum", null);

        CheckResult result = checker.Check(description, Sum, tolerance: new Tolerance(0.01, 0));
        CheckResult half = checker.Check(description, (_, outputs) => outputs["out"][0] = 0, tolerance: new Tolerance(1e9, 0));

        Assert.That(result.IsPassed, Is.True);
        Assert.That((half.IsPassed, half.Outputs[0].WorstIndex), Is.EqualTo((false, 1L)), "what the delegate leaves out is NaN");

        static void Sum(IReadOnlyDictionary<string, double[]> inputs, IReadOnlyDictionary<string, double[]> outputs)
        {
            double sum = inputs["x"].Take((int)inputs["n"][0]).Sum();
            (outputs["out"][0], outputs["out"][1]) = (sum, 2 * sum);
        }
    }

    [Test]
    public void Check_OfAKernelThatWritesNothingSaysThatNothingIsCompared()
    {
        KernelDescription description = Describe("sum", "{ \"reference\": \"sum_plain\" }") with { Arguments = ["in out: f32[2]", "in x: f32[n]", "n: i32 = n"] };
        KernelChecker checker = new(_simulator, Kernels.Compiler);

        Assert.That(() => checker.Check(description), Throws.TypeOf<KernelDescriptionException>().With.Message.Contains("arguments: none is out or inout"));
        Assert.That(() => checker.Check(description, (_, _) => { }), Throws.TypeOf<KernelDescriptionException>().With.Message.Contains("arguments: none is out or inout"));
    }

    [Test]
    public void Check_OfMoreValuesThanCanBeComparedSaysSoBeforeAnythingIsAllocated()
    {
        KernelDescription description = Describe("sum", "{ \"reference\": \"sum_plain\" }") with { Arguments = ["out out: u8[3000000000]", "in x: f32[n]", "n: i32 = n"] };

        Assert.That(() => new KernelChecker(_simulator, Kernels.Compiler).Check(description),
            Throws.TypeOf<KernelDescriptionException>().With.Message.Contains("out: u8[3000000000] has 3000000000 values, and at most "));
    }

    [Test]
    public void Check_OfAReferenceThatDoesNotFitSaysSo()
    {
        Assert.That(() => Check("sum", "{ \"reference\": { \"kernel\": \"sum_exact\", \"arguments\": [\"out o: f64[2]\", \"in x: f64[n]\", \"n: i32 = n\"] } }"),
            Throws.TypeOf<KernelDescriptionException>().With.Message.Contains("the kernel sum_exact gives no output 'out'; outputs are matched by name"));
        Assert.That(() => Check("sum", "{ \"reference\": \"nothing\" }"), Throws.TypeOf<WinnowException>().With.Message.Contains("no kernel 'nothing'"));
        Assert.That(() => new KernelChecker(_simulator, Kernels.Compiler).Check(Describe("sum", null)),
            Throws.TypeOf<KernelDescriptionException>().With.Property("Field").EqualTo("check"));
    }

    private static KernelDescription Describe(string kernel, string? check) =>
        Kernels.Describe(Code, $"\"kernel\": \"{kernel}\", {Launch}{(check is null ? "" : ", \"check\": " + check)}");

    private CheckResult Check(string kernel, string check) => new KernelChecker(_simulator, Kernels.Compiler).Check(Describe(kernel, check));
}
