using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;
using Winnow.Benchmarking.Compilation;
using Winnow.Simulator;
using Winnow.TestSupport;

namespace Winnow.Benchmarking.Cases;

public sealed class CaseRunnerTests
{
    [SetUp]
    public void RequireNvrtc() => NvrtcSupport.Require();

    [Test]
    public void Predict_OfARowWiseOperationIsItsBytesOverPublishedMemory()
    {
        KernelCase norm = Find("norm", "rms norm", "512 x 4096");

        IReadOnlyList<CaseResult> results = CaseRunner.Predict(norm, Kernels.Compiler, [GpuSpecification.Find("h100"), GpuSpecification.Find("h200")]);

        const double Bytes = ((2.0 * 512) + 1) * 4096 * 4;
        Assert.That(results.Select(result => (result.Device, result.Bytes, result.Bound, result.Launches)), Is.EqualTo(new[] { ("H100 SXM", Bytes, "memory", 1), ("H200", Bytes, "memory", 1) }));
        Assert.That(results[0].Microseconds, Is.EqualTo(Bytes / 3350e9 * 1e6).Within(1e-9));
        Assert.That((results[1].PartOfPeak, results[1].Measured), Is.EqualTo((1.0, (object?)null)).Within(1e-9));
    }

    [Test]
    public void Predict_OfGpusOfDifferentKindsAnswersInTheirOrder()
    {
        string[] keys = ["h200", "a100", "h100"];

        IReadOnlyList<CaseResult> results = CaseRunner.Predict(Find("norm", "rms norm", "512 x 4096"), Kernels.Compiler, [.. keys.Select(GpuSpecification.Find)]);

        Assert.That(results.Select(result => result.Device), Is.EqualTo(keys.Select(key => GpuSpecification.Find(key).Name)));
    }

    [Test]
    public void Predict_OfSeveralKernelsIsTheirSum()
    {
        CaseResult one = Predict("attention", "decode", "1 x 1 tokens, 4096 slots");
        CaseResult withSignals = Predict("attention", "decode + column mass", "1 x 1 tokens, 4096 slots");

        Assert.That(withSignals.Launches, Is.GreaterThan(one.Launches));
        Assert.That(withSignals.Microseconds, Is.GreaterThan(one.Microseconds));

        // Keys and values of 4096 slots in 8 heads of 128 halves, one row of 32 heads in and out, and what says where they lie.
        Assert.That(one.Bytes, Is.EqualTo((2.0 * 4096 * 8 * 128 * 2) + (2 * 4096 * 4)).Within(1).Percent);
        Assert.That(one.Flops, Is.EqualTo(4.0 * 4096 * 4096));
    }

    [TestCase("compute_80")]
    [TestCase("compute_90a")]
    public void Profile_OfACaseTellsWhatThePathsOfItsKernelsConsistOf(string architecture)
    {
        IReadOnlyList<KernelProfile> profiles = CaseRunner.Profile(Find("attention", "decode + column mass", "1 x 1 tokens, 4096 slots"), Kernels.Compiler, architecture);

        Assert.That(profiles.Select(profile => profile.LongestPathParts.Values.Sum()), Is.EqualTo(profiles.Select(profile => profile.LongestPath)).Within(1e-9));
        Assert.That(profiles.Select(profile => profile.LongestPathSteps[0].Line), Is.All.Positive);
    }

    private static KernelCase Find(string family, string name, string shape) =>
        KernelCases.All().Single(kernelCase => kernelCase.Family == family && kernelCase.Name == name && kernelCase.Shape == shape);

    private static CaseResult Predict(string family, string name, string shape) =>
        CaseRunner.Predict(Find(family, name, shape), Kernels.Compiler, [GpuSpecification.Find("a100")])[0];
}
