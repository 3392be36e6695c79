using System.Linq;
using NUnit.Framework;

namespace Winnow.Benchmarking.Compilation;

public sealed class GpuSpecificationTests
{
    // The data sheets' figures for floats, which the table does not hold: they check its clocks, lanes and multiprocessors.
    [TestCase("a100", 19.5e12)]
    [TestCase("rtx3090", 35.6e12)]
    [TestCase("rtx4090", 82.6e12)]
    [TestCase("l40s", 91.6e12)]
    [TestCase("h100", 66.9e12)]
    [TestCase("h200", 66.9e12)]
    public void FloatFlops_FollowFromClockAndLanes(string key, double published)
    {
        Assert.That(GpuSpecification.Find(key).FloatFlopsPerSecond, Is.EqualTo(published).Within(0.1e12));
    }

    [Test]
    public void Find_OfAnUnknownNameListsThoseThereAre()
    {
        Assert.That(() => GpuSpecification.Find("b200"), Throws.ArgumentException.With.Message.Contains("'b200'").And.Message.Contains("a100, rtx3090"));
    }

    [Test]
    public void ForArchitecture_KnowsEveryOneThatAllStandsFor()
    {
        Assert.That(KernelBuild.Architectures.Select(GpuSpecification.ForArchitecture), Has.None.Null);
        Assert.That(GpuSpecification.ForArchitecture("sm_90")?.Key, Is.EqualTo("h100"));
        Assert.That(GpuSpecification.ForArchitecture("sm_75"), Is.Null);
    }
}
