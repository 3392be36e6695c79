using System;
using System.Linq;
using NUnit.Framework;
using Winnow.Gpu;
using Winnow.Simulator.Tests.Faults;

namespace Winnow.Simulator.Tests.Execution;

/// <summary>Which launches may still run when another one begins, and what that one may touch then.</summary>
public sealed class DependentLaunchTests
{
    /// <summary>Writes where it may, then does as asked: 1 waits, 2 lets the next one begin before, 4 reads before it waits, 8 writes before.</summary>
    private const string Kernel = HopperCode.Dependence + """
        extern "C" __global__ void test(int* out, const int* in, int todo) {
          int i = threadIdx.x, value = 0;
          if (todo & 2) GRID_LAUNCH();
          if (todo & 4) value = in[i];
          if (todo & 8) { out[i] = 5; value += *(volatile int*)(out + i); }
          if (todo & 1) GRID_WAIT();
          if (!(todo & 2)) GRID_LAUNCH();
          if (!(todo & 4)) value += in[i];
          out[i] = value + 1;
        }
        """;

    private const int Waits = 1;
    private const int LetsNextBegin = 2;
    private const int ReadsBefore = 4;
    private const int WritesBefore = 8;

    private static readonly LaunchShape Normal = LaunchShape.Linear(1, 32);
    private static readonly LaunchShape Dependent = Normal with { IsDependent = true };

    private SimulatedKernel _test = null!;
    private nint[] _buffers = null!;

    [SetUp]
    public void MakeKernel()
    {
        _test = new SimulatedKernel(Kernel, new PtxSimulatorOptions { Architecture = HopperCode.Architecture });
        _buffers = [.. Enumerable.Range(0, 5).Select(i => _test.Buffer<int>([.. Enumerable.Repeat(10 * i, 32)]))];
    }

    [TearDown]
    public void DisposeKernel() => _test.Dispose();

    private void Launch(LaunchShape shape, int to, int from, int todo) => _test.Launch(shape, _buffers[to], _buffers[from], todo);

    private static void AssertIsMissing(Action launch)
        => Assert.That(launch, Throws.TypeOf<GpuFaultException>().With.Property(nameof(GpuFaultException.Kind)).EqualTo("missing-wait"));

    [Test]
    public void Launch_OfDependentOneSeesWhatWasWrittenAfterItWaited()
    {
        Launch(Normal, 1, 0, Waits);
        Launch(Dependent, 2, 1, Waits);

        Assert.That(_test.Read<int>(_buffers[2], 32), Is.All.EqualTo(2));
    }

    [Test]
    public void Launch_OfNormalOneNeedsNoWait()
    {
        Launch(Normal, 1, 0, Waits);

        Assert.That(() => Launch(Normal, 2, 1, ReadsBefore), Throws.Nothing);
    }

    [Test]
    public void Launch_OfDependentOneMayTouchWhatOthersWroteLongAgo()
    {
        Launch(Normal, 1, 0, Waits);
        Launch(Normal, 2, 0, Waits);

        Assert.That(() => Launch(Dependent, 3, 1, ReadsBefore | Waits), Throws.Nothing);
        AssertIsMissing(() => Launch(Dependent, 4, 3, ReadsBefore | Waits));
    }

    [Test]
    public void Launch_OfDependentOneMayReadWhatItWroteItself()
    {
        Launch(Normal, 1, 0, Waits);
        Launch(Dependent, 2, 1, WritesBefore | Waits);

        Assert.That(_test.Read<int>(_buffers[2], 32), Is.All.EqualTo(7));
    }

    [TestCase(Waits, false)]
    [TestCase(Waits | LetsNextBegin, true)]
    [TestCase(0, true)]
    [TestCase(LetsNextBegin, true)]
    public void Launch_OfThirdOneMayMeetTheFirstWhereTheSecondDidNotWaitInTime(int second, bool isMissing)
    {
        Launch(Normal, 1, 0, Waits);
        Launch(Dependent, 2, 0, second);

        if (isMissing)
        {
            AssertIsMissing(() => Launch(Dependent, 3, 1, ReadsBefore | Waits));
        }
        else
        {
            Assert.That(() => Launch(Dependent, 3, 1, ReadsBefore | Waits), Throws.Nothing);
        }
    }

    [Test]
    public void Launch_AfterACopyOrOnAnotherStreamMeetsNobody()
    {
        Launch(Normal, 1, 0, Waits);
        _test.Driver.CopyOnDevice(_buffers[4], _buffers[0], 128, _test.Stream);
        Assert.That(() => Launch(Dependent, 2, 1, ReadsBefore | Waits), Throws.Nothing);

        GpuStream other = _test.Driver.CreateStream();
        ArgumentBlock arguments = new(stackalloc byte[32]);
        arguments.Add(_buffers[3]);
        arguments.Add(_buffers[2]);
        arguments.Add(ReadsBefore | Waits);
        _test.Driver.Launch(_test.Function, Dependent, arguments.Bytes, other);
        Assert.That(_test.Read<int>(_buffers[3], 32), Is.All.EqualTo(3));
    }

    [Test]
    public void Launch_OfGraphMeetsThoseBeforeInIt()
    {
        _test.Driver.BeginCapture(_test.Stream);
        Launch(Normal, 1, 0, Waits);
        Launch(Dependent, 2, 1, ReadsBefore | Waits);
        GpuGraph graph = _test.Driver.EndCapture(_test.Stream);

        AssertIsMissing(() => _test.Driver.Launch(graph, _test.Stream));
    }

    [Test]
    public void Launch_OfMoreThanThereAreNumbersForRemembersTheLastOnes()
    {
        for (int i = 0; i < 600; i++)
        {
            Launch(i % 2 == 0 ? Normal : Dependent, 1 + (i % 2), i % 2, Waits);
        }

        AssertIsMissing(() => Launch(Dependent, 3, 2, ReadsBefore | Waits));
    }
}
