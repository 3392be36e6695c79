using System;
using System.Linq;
using ManagedCuda;
using ManagedCuda.BasicTypes;
using NUnit.Framework;
using Winnow.Gpu;
using CudaException = Winnow.Gpu.CudaException;
using Native = ManagedCuda.DriverAPINativeMethods;

namespace Winnow.ManagedCuda;

/// <summary>The adapter against the stub: each member makes its call, with the arguments in their places.</summary>
public sealed class ManagedCudaDriverTests
{
    private ManagedCudaDriver _driver = null!;

    [SetUp]
    public void TakeContext()
    {
        Native.Reset();
        _driver = new ManagedCudaDriver(new CudaContext());
    }

    [TearDown]
    public void NothingIsLeft()
    {
        _driver.Dispose();
        Assert.That(Native.LiveObjects, Is.Zero);
    }

    [Test]
    public void Properties_AreThoseOfTheContextsDevice()
    {
        Assert.That(_driver.Properties, Is.EqualTo(new GpuProperties
        {
            Name = "Stub 13",
            ComputeCapability = 90,
            DriverVersion = _driver.Properties.DriverVersion,
            Multiprocessors = 1016,
            TotalBytes = 200,
            L2Bytes = 1038,
            MaxSharedBytesPerBlock = 1097,
            SharedBytesPerMultiprocessor = 1081,
            RegistersPerMultiprocessor = 1082,
            MaxThreadsPerMultiprocessor = 1039,
        }));
        Assert.That((_driver.FreeBytes, _driver.Architecture), Is.EqualTo((100L, "sm_90a")));
    }

    [Test]
    public void Constructor_WithADeviceThatIsTooOldSaysSo()
    {
        Native.Capability = 75;

        Assert.That(() => new ManagedCudaDriver(new CudaContext()), Throws.InstanceOf<WinnowException>().With.Message.Contains("compute capability 7.5"));
    }

    [Test]
    public void Memory_IsAllocatedCopiedFilledAndFreed()
    {
        GpuStream stream = _driver.CreateStream();
        nint device = _driver.Allocate(64);
        nint host = _driver.AllocateHost(32);
        _driver.CopyToDevice(device, host, 8, stream);
        _driver.CopyToHost(host, device, 9, stream);
        _driver.CopyOnDevice(device, device + 32, 10, stream);
        _driver.Fill(device, 0xAB, 11, stream);
        _driver.Free(device);
        _driver.FreeHost(host);

        Assert.That(Native.Calls, Is.EqualTo(new[]
        {
            "cuStreamCreate 1",
            "cuMemAlloc_v2 64",
            "cuMemHostAlloc 32 1",
            $"cuMemcpyHtoDAsync_v2 {device} {host} 8 {stream.Handle}",
            $"cuMemcpyDtoHAsync_v2 {host} {device} 9 {stream.Handle}",
            $"cuMemcpyDtoDAsync_v2 {device} {device + 32} 10 {stream.Handle}",
            $"cuMemsetD8Async {device} 171 11 {stream.Handle}",
            $"cuMemFree_v2 {device}",
            $"cuMemFreeHost {host}",
        }));
    }

    [Test]
    public void Allocate_OfMoreThanIsFreeSaysHowMuchIs()
    {
        Native.Failing = ("cuMemAlloc_v2", CUResult.ErrorOutOfMemory);

        Assert.That(() => _driver.Allocate(1000), Throws.InstanceOf<OutOfDeviceMemoryException>().With.Property("FreeBytes").EqualTo(100));
    }

    [Test]
    public void Launch_PassesShapeAndArgumentsAsTheyAre()
    {
        GpuStream stream = _driver.CreateStream();
        GpuFunction function = _driver.GetFunction(_driver.LoadModule("ab"u8, "a.cu"), "winnow_a");
        _driver.AllowSharedBytes(function, 70_000);
        _driver.Launch(function, new LaunchShape(1, 2, 3, 4, 5, 6, 7), [0xDE, 0xAD], stream);
        _driver.Launch(function, LaunchShape.Linear(8, 9), [], stream);

        Assert.That(Native.Calls[1..], Is.EqualTo(new[]
        {
            "cuModuleLoadData 616200",
            "cuModuleGetFunction winnow_a",
            "cuFuncSetAttribute 8 70000",
            $"cuLaunchKernel {function.Handle} 1 2 3 4 5 6 7 {stream.Handle} DEAD",
            $"cuLaunchKernel {function.Handle} 8 1 1 9 1 1 0 {stream.Handle} none",
        }));
        Assert.That(_driver.GetAttributes(function), Is.EqualTo(new GpuFunctionAttributes(104, 101, 103, 100)));
    }

    [Test]
    public void Clusters_AreRefusedWithTheDriverThatHasThem()
    {
        GpuStream stream = _driver.CreateStream();
        GpuFunction function = _driver.GetFunction(_driver.LoadModule("ab"u8, "a.cu"), "winnow_a");
        LaunchShape shape = LaunchShape.Linear(2, 32) with { Cluster = (2, 1, 1) };

        Action[] calls =
        [
            () => _driver.Launch(function, shape, [], stream),
            () => _driver.AllowLargeClusters(function),
            () => _driver.CountResidentClusters(function, shape),
        ];

        Assert.That(calls, Is.All.Matches<Action>(call =>
            Assert.Throws<NotSupportedException>(call)!.Message is string message && message.Contains("winnow_a") && message.EndsWith("need CudaDriver.", StringComparison.Ordinal)));
    }

    [Test]
    public void LoadModule_LeavesACubinAlone()
    {
        _driver.UnloadModule(_driver.LoadModule("\u007fELF!"u8, "a.cu"));

        Assert.That(Native.Calls[0], Is.EqualTo("cuModuleLoadData 7F454C4621"));
        Assert.That(Native.LiveObjects, Is.Zero);
    }

    [Test]
    public void Failures_AreThoseOfWinnowsOwnBindings()
    {
        GpuStream stream = _driver.CreateStream();
        GpuFunction function = _driver.GetFunction(_driver.LoadModule("ab"u8, "a.cu"), "winnow_a");
        Native.Failing = ("cuLaunchKernel", CUResult.ErrorInvalidValue);
        CudaException launch = Assert.Throws<CudaException>(() => _driver.Launch(function, LaunchShape.Linear(1, 2), [], stream))!;
        Native.Failing = ("cuModuleGetFunction", CUResult.ErrorNotFound);
        CudaException missing = Assert.Throws<CudaException>(() => _driver.GetFunction(new GpuModule(0x2000), "winnow_b"))!;
        Native.Failing = ("cuFuncSetAttribute", CUResult.ErrorInvalidValue);
        CudaException shared = Assert.Throws<CudaException>(() => _driver.AllowSharedBytes(function, 70_000))!;
        Native.Failing = default;

        Assert.That(launch.Message, Does.Contain("cuLaunchKernel(winnow_a, grid 1 x 1 x 1, block 2 x 1 x 1").And.Contain("ErrorInvalidValue (1)"));
        Assert.That(missing.Message, Does.Contain("a.cu has no such kernel"));
        Assert.That(shared.Message, Does.Contain("can have 1097"));
    }

    [Test]
    public void Events_TellWhetherAndWhen()
    {
        GpuStream stream = _driver.CreateStream();
        GpuEvent start = _driver.CreateEvent(timing: true);
        GpuEvent end = _driver.CreateEvent(timing: false);
        _driver.Record(start, stream);
        _driver.Wait(stream, end);
        _driver.Synchronize(end);
        _driver.Synchronize(stream);

        Assert.That(_driver.ElapsedTime(start, end), Is.EqualTo(TimeSpan.FromMilliseconds(2.5)));
        Assert.That(_driver.IsDone(end), Is.True);
        Native.Failing = ("cuEventQuery", CUResult.ErrorNotReady);
        Assert.That(_driver.IsDone(end), Is.False);
        _driver.DestroyEvent(start);
        Assert.That(Native.Calls[1..7], Is.EqualTo(new[]
        {
            "cuEventCreate 0",
            "cuEventCreate 2",
            $"cuEventRecord {start.Handle} {stream.Handle}",
            $"cuStreamWaitEvent {stream.Handle} {end.Handle} 0",
            $"cuEventSynchronize {end.Handle}",
            $"cuStreamSynchronize {stream.Handle}",
        }));
    }

    [Test]
    public void Graph_IsCapturedInstantiatedAndLaunched()
    {
        GpuStream stream = _driver.CreateStream();
        _driver.BeginCapture(stream);
        GpuGraph graph = _driver.EndCapture(stream);
        _driver.Launch(graph, stream);
        _driver.DestroyGraph(graph);

        Assert.That(Native.Calls[1..].Select(call => call.Split(' ')[0]), Is.EqualTo(new[]
        {
            "cuStreamBeginCapture", "cuStreamEndCapture", "cuGraphInstantiate", "cuGraphDestroy", "cuGraphLaunch", "cuGraphExecDestroy",
        }));
        Assert.That(Native.Calls[1], Is.EqualTo($"cuStreamBeginCapture {stream.Handle} 2"));
        Assert.That(Native.LiveObjects, Is.EqualTo(1));
    }

    [Test]
    public void Device_ThatIsLostSaysSoAndLetsEverythingBeGivenBack()
    {
        GpuStream stream = _driver.CreateStream();
        Native.Failing = ("cuStreamSynchronize", CUResult.ErrorIllegalAddress);
        CudaException exception = Assert.Throws<CudaException>(() => _driver.Synchronize(stream))!;
        Native.Failing = ("cuStreamDestroy_v2", CUResult.ErrorIllegalAddress);
        _driver.DestroyStream(stream);

        Assert.That(exception.IsDeviceLost, Is.True);
        Assert.That(exception.Message, Does.Contain("lost"));
        Native.Reset();
    }

    [Test]
    public void Members_AfterDisposeRefuseExceptForThoseThatGiveBack()
    {
        nint address = _driver.Allocate(1);
        _driver.Dispose();

        _driver.Free(address);
        Assert.That(() => _driver.Allocate(1), Throws.InstanceOf<ObjectDisposedException>());
    }
}
