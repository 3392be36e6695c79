using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using NUnit.Framework;
using Winnow.Gpu.Native;
using Winnow.TestSupport;

namespace Winnow.Gpu;

/// <summary>Modules, launches, streams, events and graphs through the fake driver.</summary>
public sealed class CudaDriverWorkTests
{
    private CudaDriver _driver = null!;
    private GpuStream _stream;

    [SetUp]
    public void OpenDriver()
    {
        FakeCuda.Require();
        _driver = CudaDriver.Open();
        _stream = _driver.CreateStream();
    }

    [TearDown]
    public void NothingIsLeft()
    {
        if (_driver is not null)
        {
            _driver.Dispose();
            Assert.That((FakeCuda.LiveObjects, FakeCuda.LiveContexts), Is.EqualTo((0, 0)));
        }
    }

    [Test]
    public void LoadModule_EndsTextWithAZeroAndLeavesACubinAlone()
    {
        byte[] unterminated = [.. "12345678"u8];
        _driver.LoadModule(unterminated.AsSpan(0, 5), "a.cu");
        _driver.LoadModule("\u007fELF..."u8, "b.cu");

        Assert.That(FakeCuda.Log, Is.EqualTo(new[] { "ptx 5", "cubin" }));
    }

    [Test]
    public void LoadModule_OfAnImageThatIsRefusedTellsWhatTheDriverSaid()
    {
        CudaException exception = Assert.Throws<CudaException>(() => _driver.LoadModule("bad"u8, "norm/a.cu"))!;

        Assert.That(exception.Call, Is.EqualTo("cuModuleLoadDataEx(norm/a.cu)"));
        Assert.That(exception.Message, Does.Contain("CUDA_ERROR_INVALID_PTX").And.Contain("line 3; fatal : bad").And.Contain("winnow devices"));
    }

    [Test]
    public void GetFunction_ThatTheModuleLacksNamesBoth()
    {
        GpuModule module = _driver.LoadModule("text"u8, "norm/a.cu");

        Assert.That(() => _driver.GetFunction(module, "winnow_missing"), Throws.InstanceOf<CudaException>()
            .With.Message.Contains("winnow_missing").And.Message.Contains("norm/a.cu has no such kernel"));
    }

    [Test]
    public void GetAttributes_AsksForEachByItsNumber()
    {
        Assert.That(_driver.GetAttributes(Kernel("winnow_a")), Is.EqualTo(new GpuFunctionAttributes(104, 101, 103, 100)));
    }

    [Test]
    public void AllowSharedBytes_SetsTheAttributeOrSaysWhatFits()
    {
        GpuFunction function = Kernel("winnow_a");
        _driver.AllowSharedBytes(function, 100_000);

        Assert.That(FakeCuda.Log.Last(), Is.EqualTo("set winnow_a 8 100000"));
        Assert.That(() => _driver.AllowSharedBytes(function, 300_000), Throws.InstanceOf<CudaException>()
            .With.Message.Contains("winnow_a, 300000 bytes").And.Message.Contains("can have 1097"));
    }

    [Test]
    public void EncodeTensorMap_PassesTheShapeAndReturnsWhatTheDriverMade()
    {
        TensorMapShape shape = new()
        {
            Address = 0x1000,
            Type = TensorMapType.BFloat16,
            Dimensions = [448, 128],
            Strides = [896],
            Box = [64, 32],
            Swizzle = TensorMapSwizzle.Bytes128,
        };
        byte[] map = new byte[TensorMapShape.EncodedBytes];
        _driver.EncodeTensorMap(shape, map);

        Assert.That(FakeCuda.Log.Last(), Is.EqualTo("map 9 1000 0 3 2 0: 448/896/64/1 128/0/32/1"));
        Assert.That(map, Is.All.EqualTo(0x5A));
        Assert.That(() => _driver.EncodeTensorMap(shape with { Box = [64, 300] }, map), Throws.ArgumentException);
    }

    [Test]
    public void Launch_PassesShapeAndArgumentsAsTheyAre()
    {
        ArgumentBlock arguments = new(stackalloc byte[64]);
        arguments.Add(0x1122334455667788L);
        arguments.Add((byte)0x99);
        arguments.Add(0x0A0B0C0D);
        arguments.Add((short)-2);
        arguments.Add(1.0);
        _driver.Launch(Kernel("winnow_a"), new LaunchShape(1, 2, 3, 4, 5, 6, 7), arguments.Bytes, _stream);

        Assert.That(FakeCuda.Log.Last(), Is.EqualTo(
            "launch winnow_a 1,2,3 4,5,6 7 " + "8877665544332211" + "99000000" + "0d0c0b0a" + "feff000000000000" + "000000000000f03f"));
    }

    [Test]
    public void Launch_OfClustersAndDependentOnesPassesBothAsAttributes()
    {
        LaunchShape shape = new(4, 2, 3, 4, 5, 6, 7);
        GpuFunction function = Kernel("winnow_a");
        _driver.Launch(function, shape with { Cluster = (2, 1, 3), IsDependent = true }, [0x11, 0x22], _stream);
        _driver.Launch(function, shape with { IsDependent = true }, [0x33], _stream);

        const string launch = "launch winnow_a 4,2,3 4,5,6 7";
        Assert.That(FakeCuda.Log.TakeLast(5), Is.EqualTo(new[] { "attribute 4 2,1,3", "attribute 6 1,0,0", $"{launch} 1122", "attribute 6 1,0,0", $"{launch} 33" }));
    }

    [Test]
    public void Launch_OfClustersThatIsRefusedNamesThem()
    {
        GpuFunction function = Kernel("winnow_a");
        LaunchShape shape = LaunchShape.Linear(4, 2048) with { Cluster = (2, 1, 1), IsDependent = true };

        CudaException exception = Assert.Throws<CudaException>(() => _driver.Launch(function, shape, [], _stream))!;

        Assert.That(exception.Call, Is.EqualTo(
            "cuLaunchKernelEx(winnow_a, grid 4 x 1 x 1, block 2048 x 1 x 1, 0 shared bytes, 0 argument bytes, clusters of 2 x 1 x 1, dependent)"));
    }

    [Test]
    public void CountResidentClusters_AsksForTheLaunchAndMoreThanEightBlocksAreAllowedFirst()
    {
        GpuFunction function = Kernel("winnow_large");
        LaunchShape shape = new(32, 1, 1, 128, 2, 1, 4096) { Cluster = (4, 2, 2) };

        CudaException refused = Assert.Throws<CudaException>(() => _driver.CountResidentClusters(function, shape))!;
        _driver.AllowLargeClusters(function);

        Assert.That(refused.StatusName, Is.EqualTo("CUDA_ERROR_INVALID_CLUSTER_SIZE"));
        Assert.That(refused.Call, Is.EqualTo(
            "cuOccupancyMaxActiveClusters(winnow_large, grid 32 x 1 x 1, block 128 x 2 x 1, 4096 shared bytes, clusters of 4 x 2 x 2)"));
        Assert.That(refused.Message, Does.Contain(nameof(GpuDriver.AllowLargeClusters)));
        Assert.That(FakeCuda.Log.Last(), Is.EqualTo("set winnow_large 14 1"));
        Assert.That(_driver.CountResidentClusters(function, shape), Is.EqualTo(8));
        Assert.That(FakeCuda.Log.Last(), Is.EqualTo("clusters winnow_large 16 of 128,2,1 threads, 4096 bytes"));
        Assert.That(_driver.CountResidentClusters(function, shape with { Cluster = default }), Is.EqualTo(132));
    }

    [Test]
    public void Clusters_OfADeviceWithoutThemAreRefusedBeforeTheDriverIsAsked()
    {
        FakeCuda.Set("capability", 89);
        using CudaDriver old = CudaDriver.Open();
        GpuFunction function = old.GetFunction(old.LoadModule("text"u8, "norm/a.cu"), "winnow_a");
        int before = FakeCuda.Log.Length;

        Assert.That(() => old.AllowLargeClusters(function), Throws.TypeOf<NotSupportedException>().With.Message.Contains("8.9; clusters need 9.0"));
        Assert.That(() => old.CountResidentClusters(function, LaunchShape.Linear(1, 32)), Throws.TypeOf<NotSupportedException>());
        Assert.That(FakeCuda.Log, Has.Length.EqualTo(before));
    }

    [Test]
    public void AllowLargeClusters_ThatTheDriverRefusesNamesTheKernel()
    {
        GpuFunction function = Kernel("winnow_a");
        FakeCuda.Fail("cuFuncSetAttribute", CudaResult.InvalidValue);

        Assert.That(() => _driver.AllowLargeClusters(function), Throws.InstanceOf<CudaException>().With.Message.Contains("winnow_a, clusters of more than 8"));
    }

    [Test]
    public void Launch_OfAKernelWithMapsPassesEachArgumentByItself()
    {
        byte[] first = [.. Enumerable.Repeat((byte)0xA1, TensorMapShape.EncodedBytes)];
        byte[] second = [.. Enumerable.Repeat((byte)0xB2, TensorMapShape.EncodedBytes)];
        ArgumentBlock arguments = new(stackalloc byte[512]);
        arguments.Add(0x0102030405060708);
        arguments.Add(9);
        arguments.AddMap(first);
        arguments.AddMap(second);

        _driver.Launch(Kernel("winnow_maps"), LaunchShape.Linear(1, 32), arguments.Bytes, _stream);

        string maps = $"{Convert.ToHexStringLower(first)},{Convert.ToHexStringLower(second)}";
        Assert.That(FakeCuda.Log[^1], Is.EqualTo($"launch winnow_maps 1,1,1 32,1,1 0 080706050403020109000000,{maps}"));
    }

    [Test]
    public void Launch_OfAKernelWithMapsOnADriverThatDoesNotSayWhereTheyLieTakesItFromTheCubin()
    {
        const string source = """
            struct alignas(64) Map { char bytes[128]; };
            struct Three { int values[3]; };
            extern "C" __global__ void winnow_maps(Three three, const __grid_constant__ Map first, const __grid_constant__ Map second) {
              if (first.bytes[three.values[0]] == second.bytes[three.values[1]]) __trap();
            }
            """;
        NvrtcSupport.Require();
        byte[] cubin = new KernelCompiler(cacheFolder: null).Compile(new KernelSource("t.cu", source, new Dictionary<string, string>()), [], "sm_90a");
        byte[] map = [.. Enumerable.Repeat((byte)0xC3, TensorMapShape.EncodedBytes)];
        ArgumentBlock arguments = new(stackalloc byte[512]);
        arguments.Add(0x0102030405060708);
        arguments.Add(9);
        arguments.AddMap(map);
        arguments.AddMap(map);
        FakeCuda.Set("version", 12020);
        FakeCuda.Fail("cuFuncGetParamInfo", CudaResult.NotFound);
        using CudaDriver old = CudaDriver.Open();

        old.Launch(old.GetFunction(old.LoadModule(cubin, "t.cu"), "winnow_maps"), LaunchShape.Linear(1, 32), arguments.Bytes, old.CreateStream());

        string hex = Convert.ToHexStringLower(map);
        Assert.That(FakeCuda.Log[^1], Is.EqualTo($"launch winnow_maps 1,1,1 32,1,1 0 080706050403020109000000,{hex},{hex}"));
    }

    [Test]
    public void GetFunction_WhoseHandleWasAnotherKernelsAsksForItsParametersAnew()
    {
        byte[] arguments = new byte[320];
        FakeCuda.Fail("cuFuncGetParamInfo", CudaResult.InvalidValue);
        _driver.Launch(Kernel("winnow_maps"), LaunchShape.Linear(1, 32), arguments, _stream);
        Assert.That(FakeCuda.Log[^1], Does.Not.Contain(",00"), "one block");
        FakeCuda.Fail("no call", CudaResult.InvalidValue);

        _driver.Launch(Kernel("winnow_maps"), LaunchShape.Linear(1, 32), arguments, _stream);

        Assert.That(FakeCuda.Log[^1], Does.Contain(",00"), "each by itself");
    }

    [Test]
    public void Launch_WithoutArgumentsPassesNone()
    {
        _driver.Launch(Kernel("winnow_b"), LaunchShape.Linear(10, 32), [], _stream);

        Assert.That(FakeCuda.Log.Last(), Is.EqualTo("launch winnow_b 10,1,1 32,1,1 0"));
    }

    [Test]
    public void Launch_AllocatesNothing()
    {
        GpuFunction function = Kernel("winnow_a");
        LaunchOnce(function);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            LaunchOnce(function);
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [Test]
    public void Launch_ThatIsRefusedNamesKernelAndShape()
    {
        GpuFunction function = Kernel("winnow_a");

        CudaException exception = Assert.Throws<CudaException>(() => _driver.Launch(function, LaunchShape.Linear(3, 2048, 16), [1, 2], _stream))!;

        Assert.That(exception.Call, Is.EqualTo("cuLaunchKernel(winnow_a, grid 3 x 1 x 1, block 2048 x 1 x 1, 16 shared bytes, 2 argument bytes)"));
        Assert.That(exception.IsDeviceLost, Is.False);
        LaunchOnce(function);
    }

    [Test]
    public void Launch_ThatNeedsTooMuchOfAMultiprocessorSaysSo()
    {
        GpuFunction function = Kernel("winnow_a");
        FakeCuda.Fail("cuLaunchKernel", CudaResult.LaunchOutOfResources);

        Assert.That(() => LaunchOnce(function), Throws.InstanceOf<CudaException>().With.Message.Contains("use fewer threads"));
    }

    [Test]
    public void Events_TellWhetherAndWhen()
    {
        GpuEvent start = _driver.CreateEvent(timing: true);
        GpuEvent end = _driver.CreateEvent(timing: true);
        GpuEvent plain = _driver.CreateEvent(timing: false);
        _driver.Record(start, _stream);
        _driver.Record(end, _stream);
        _driver.Wait(_stream, plain);
        _driver.Synchronize(end);

        Assert.That(_driver.ElapsedTime(start, end), Is.EqualTo(TimeSpan.FromMilliseconds(1.5)));
        Assert.That(() => _driver.ElapsedTime(start, plain), Throws.InstanceOf<CudaException>());
        Assert.That(FakeCuda.Log.Last(), Is.EqualTo("wait"));
        Assert.That(_driver.IsDone(end), Is.True);
        FakeCuda.Set("event_ready", 0);
        Assert.That(_driver.IsDone(end), Is.False);
        _driver.DestroyEvent(start);
        _driver.DestroyEvent(end);
        _driver.DestroyEvent(plain);
    }

    [Test]
    public void Graph_HoldsWorkThatIsDoneWhenItIsLaunched()
    {
        GpuFunction function = Kernel("winnow_a");
        int before = FakeCuda.Log.Length;
        _driver.BeginCapture(_stream);
        LaunchOnce(function);
        LaunchOnce(function);
        Assert.That(FakeCuda.Log, Has.Length.EqualTo(before), "recorded, not done");
        GpuGraph graph = _driver.EndCapture(_stream);
        _driver.Launch(graph, _stream);
        _driver.Launch(graph, _stream);

        string launch = "launch winnow_a 1,1,1 32,1,1 0 0102";
        Assert.That(FakeCuda.Log[(before + 1)..], Is.EqualTo(new[] { "replay", launch, launch, "replay", launch, launch }));
        Assert.That(FakeCuda.Log[before], Does.StartWith("instantiated"));
        int live = FakeCuda.LiveObjects;
        _driver.DestroyGraph(graph);
        Assert.That(FakeCuda.LiveObjects, Is.EqualTo(live - 1));
    }

    [Test]
    public void EndCapture_ThatCannotBeInstantiatedLeavesNothing()
    {
        int live = FakeCuda.LiveObjects;
        FakeCuda.Fail("cuGraphInstantiateWithFlags", CudaResult.OutOfMemory);
        _driver.BeginCapture(_stream);

        Assert.That(() => _driver.EndCapture(_stream), Throws.InstanceOf<CudaException>());
        Assert.That(FakeCuda.LiveObjects, Is.EqualTo(live));
    }

    [Test]
    public void EndCapture_OfAnOldDriverInstantiatesTheOldWay()
    {
        using TemporaryFolder folder = new();
        Assert.That(FakeCuda.Compile(folder["libcuda.so.1"], "-DOLD_DRIVER"), Is.Empty);
        using Process process = ThisProgram.Start(nameof(Graph_HoldsWorkThatIsDoneWhenItIsLaunched), (CudaLibrary.Variable, folder["libcuda.so.1"]));
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();

        Assert.That(output, Does.Contain("succeeded: 1"));
    }

    [Test]
    public void Device_ThatIsLostSaysSoAndLetsEverythingBeGivenBack()
    {
        GpuFunction function = Kernel("winnow_a");
        nint address = _driver.Allocate(10);
        GpuEvent gpuEvent = _driver.CreateEvent(timing: false);
        LaunchOnce(function);
        FakeCuda.Fail("cuStreamSynchronize", CudaResult.IllegalAddress);

        CudaException exception = Assert.Throws<CudaException>(() => _driver.Synchronize(_stream))!;

        Assert.That(exception.IsDeviceLost, Is.True);
        Assert.That(exception.Message, Does.Contain("CUDA_ERROR_ILLEGAL_ADDRESS").And.Contain("lost").And.Contain("simulator"));
        Assert.That(() => LaunchOnce(function), Throws.InstanceOf<CudaException>().With.Property(nameof(CudaException.IsDeviceLost)).True);
        Assert.That(() => _driver.Allocate(1), Throws.InstanceOf<CudaException>().With.Property(nameof(CudaException.IsDeviceLost)).True);
        _driver.Free(address);
        _driver.DestroyEvent(gpuEvent);
        _driver.DestroyStream(_stream);
    }

    private GpuFunction Kernel(string name) => _driver.GetFunction(_driver.LoadModule("text"u8, "norm/a.cu"), name);

    private void LaunchOnce(GpuFunction function) => _driver.Launch(function, LaunchShape.Linear(1, 32), [1, 2], _stream);
}
