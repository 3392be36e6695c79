using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using NUnit.Framework;
using Winnow.Gpu;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Tests.Execution;

/// <summary>The simulator as a driver: memory, modules, launches, streams, events and recordings.</summary>
public sealed unsafe class DriverTests
{
    private const string AddOne = """
        extern "C" __global__ void test(int* x, int n) { int i = blockIdx.x * blockDim.x + threadIdx.x; if (i < n) x[i] += 1; }
        """;

    [Test]
    public void Allocate_TakesAndFreeGivesBack()
    {
        using PtxSimulator driver = new(new PtxSimulatorOptions { MemoryBytes = 1 << 20 });

        nint first = driver.Allocate(1000);
        nint second = driver.Allocate(1);

        Assert.That(driver.FreeBytes, Is.EqualTo((1 << 20) - 1001));
        Assert.That(driver.AllocationCount, Is.EqualTo(2));
        Assert.That((long)first % 256, Is.Zero);
        Assert.That((long)second % 256, Is.Zero);
        driver.Free(first);
        driver.Free(second);
        Assert.That(driver.FreeBytes, Is.EqualTo(1 << 20));
        Assert.That(driver.AllocationCount, Is.Zero);
    }

    [Test]
    public void Allocate_BeyondTheMemoryIsRefused()
    {
        using PtxSimulator driver = new(new PtxSimulatorOptions { MemoryBytes = 1 << 20 });

        OutOfDeviceMemoryException refused = Assert.Throws<OutOfDeviceMemoryException>(() => driver.Allocate(2 << 20))!;

        Assert.That(refused.RequestedBytes, Is.EqualTo(2 << 20));
        Assert.That(refused.FreeBytes, Is.EqualTo(1 << 20));
    }

    [Test]
    public void Free_TwiceIsRefused()
    {
        using PtxSimulator driver = new();
        nint address = driver.Allocate(16);
        driver.Free(address);

        Assert.Throws<CudaException>(() => driver.Free(address));
    }

    [Test]
    public void Copies_BringBytesThereAndBack()
    {
        using PtxSimulator driver = new();
        GpuStream stream = driver.CreateStream();
        nint first = driver.Allocate(64);
        nint second = driver.Allocate(64);
        byte[] bytes = [.. Enumerable.Range(0, 64).Select(i => (byte)i)];
        byte[] back = new byte[64];

        fixed (byte* source = bytes, target = back)
        {
            driver.CopyToDevice(first, (nint)source, 64, stream);
            driver.CopyOnDevice(second, first, 64, stream);
            driver.Fill(second + 8, 0xAB, 8, stream);
            driver.CopyToHost((nint)target, second, 64, stream);
        }

        Assert.That(back, Is.EqualTo(bytes.Select((value, i) => i is >= 8 and < 16 ? (byte)0xAB : value)));
    }

    [Test]
    public void CopyToDevice_AcrossTheEndIsRefused()
    {
        using PtxSimulator driver = new();
        GpuStream stream = driver.CreateStream();
        nint buffer = driver.Allocate(64);
        byte[] bytes = new byte[65];

        fixed (byte* source = bytes)
        {
            nint from = (nint)source;
            CudaException refused = Assert.Throws<CudaException>(() => driver.CopyToDevice(buffer, from, 65, stream))!;
            Assert.That(refused.Message, Does.Contain("65 bytes").And.Contain("64"));
        }
    }

    [Test]
    public void GetFunction_OfUnknownNameListsTheKernels()
    {
        using SimulatedKernel kernel = new(AddOne);
        GpuModule module = kernel.Driver.LoadModule(Ptx("ret;"), "module.cu");

        CudaException refused = Assert.Throws<CudaException>(() => kernel.Driver.GetFunction(module, "missing"))!;

        Assert.That(refused.Message, Does.Contain("missing").And.Contain("test"));
    }

    [Test]
    public void GetFunction_WithUnknownInstructionNamesItsTextAndLine()
    {
        using PtxSimulator driver = new();
        GpuModule module = driver.LoadModule(Ptx("frobnicate.s32 %r1, %r2;"), "module.cu");

        PtxParseException refused = Assert.Throws<PtxParseException>(() => driver.GetFunction(module, "test"))!;

        Assert.That(refused.Message, Does.Contain("frobnicate.s32 %r1, %r2").And.Contain("module.cu").And.Contain("line 7"));
    }

    [TestCase(0, 32, 0)]
    [TestCase(1, 2048, 0)]
    [TestCase(1, 32, 50000)]
    public void Launch_OfWrongShapeIsRefused(int blocks, int threads, int sharedBytes)
    {
        using SimulatedKernel kernel = new(AddOne);
        nint buffer = kernel.Buffer<int>(0);

        Assert.Throws<CudaException>(() => kernel.Launch(LaunchShape.Linear(blocks, threads, sharedBytes), buffer, 1));
    }

    [Test]
    public void Launch_WithTooFewArgumentsIsRefused()
    {
        using SimulatedKernel kernel = new(AddOne);
        nint buffer = kernel.Buffer<int>(0);

        CudaException refused = Assert.Throws<CudaException>(() => kernel.Launch(LaunchShape.Linear(1, 32), buffer))!;

        Assert.That(refused.Message, Does.Contain("12 bytes").And.Contain("8"));
    }

    [Test]
    public void Launch_OverTheBoundsOfItsKernelIsRefused()
    {
        using SimulatedKernel kernel = new("""extern "C" __global__ void __launch_bounds__(64) test() {}""");

        Assert.That(kernel.Driver.GetAttributes(kernel.Function).MaxThreadsPerBlock, Is.EqualTo(64));
        Assert.Throws<CudaException>(() => kernel.Launch(LaunchShape.Linear(1, 65)));
    }

    [Test]
    public void AllowSharedBytes_LiftsTheLimit()
    {
        using SimulatedKernel kernel = new("""
            extern __shared__ int tile[];
            extern "C" __global__ void test(int* x, int n) { tile[n] = 7; x[0] = tile[n]; }
            """);
        nint buffer = kernel.Buffer<int>(0);
        LaunchShape shape = LaunchShape.Linear(1, 1, 160 * 1024);
        Assert.Throws<CudaException>(() => kernel.Launch(shape, buffer, (40 * 1024) - 1));

        kernel.Driver.AllowSharedBytes(kernel.Function, 160 * 1024);
        kernel.Launch(shape, buffer, (40 * 1024) - 1);

        Assert.That(kernel.Read<int>(buffer, 1)[0], Is.EqualTo(7));
        Assert.Throws<CudaException>(() => kernel.Driver.AllowSharedBytes(kernel.Function, 164 * 1024));
    }

    [Test]
    public void Launch_AfterAFaultWorks()
    {
        using SimulatedKernel kernel = new(AddOne);
        nint buffer = kernel.Buffer<int>(1, 2, 3, 4);
        Assert.Throws<GpuFaultException>(() => kernel.Launch(LaunchShape.Linear(1, 32), buffer, 5));

        kernel.Launch(LaunchShape.Linear(1, 32), buffer, 2);

        Assert.That(kernel.Read<int>(buffer, 4), Is.EqualTo(new[] { 2, 3, 3, 4 }));
    }

    [Test]
    public void Capture_RecordsAndLaunchReplays()
    {
        using SimulatedKernel kernel = new(AddOne);
        PtxSimulator driver = kernel.Driver;
        nint buffer = kernel.Buffer<int>(10, 20);
        nint copy = kernel.Buffer<int>(0, 0);

        driver.BeginCapture(kernel.Stream);
        kernel.Launch(LaunchShape.Linear(1, 32), buffer, 2);
        driver.CopyOnDevice(copy, buffer, 8, kernel.Stream);
        driver.Fill(buffer, 0, 4, kernel.Stream);
        GpuGraph graph = driver.EndCapture(kernel.Stream);

        Assert.That(kernel.Read<int>(buffer, 2), Is.EqualTo(new[] { 10, 20 }));
        driver.Launch(graph, kernel.Stream);
        Assert.That(kernel.Read<int>(copy, 2), Is.EqualTo(new[] { 11, 21 }));
        driver.Launch(graph, kernel.Stream);
        Assert.That(kernel.Read<int>(copy, 2), Is.EqualTo(new[] { 1, 22 }));
        driver.DestroyGraph(graph);
        Assert.Throws<CudaException>(() => driver.Launch(graph, kernel.Stream));
    }

    [Test]
    public void Synchronize_WhileRecordingIsRefused()
    {
        using PtxSimulator driver = new();
        GpuStream stream = driver.CreateStream();
        driver.BeginCapture(stream);

        Assert.Throws<CudaException>(() => driver.Synchronize(stream));
        Assert.Throws<CudaException>(() => driver.BeginCapture(stream));
    }

    [Test]
    public void ElapsedTime_BetweenRecordedEventsIsNotNegative()
    {
        using PtxSimulator driver = new();
        GpuStream stream = driver.CreateStream();
        GpuEvent start = driver.CreateEvent(timing: true);
        GpuEvent end = driver.CreateEvent(timing: true);
        Assert.Throws<CudaException>(() => driver.ElapsedTime(start, end));

        driver.Record(start, stream);
        driver.Record(end, stream);

        Assert.That(driver.IsDone(end), Is.True);
        Assert.That(driver.ElapsedTime(start, end), Is.GreaterThanOrEqualTo(TimeSpan.Zero));
    }

    [Test]
    public void FailAfterLaunches_FailsTheNextOne()
    {
        using SimulatedKernel kernel = new(AddOne, new PtxSimulatorOptions { FailAfterLaunches = 1 });
        nint buffer = kernel.Buffer<int>(1);
        kernel.Launch(LaunchShape.Linear(1, 32), buffer, 1);

        Assert.Throws<CudaException>(() => kernel.Launch(LaunchShape.Linear(1, 32), buffer, 1));
        Assert.That(kernel.Read<int>(buffer, 1)[0], Is.EqualTo(2));
    }

    [Test]
    public void FailAfterAllocations_FailsTheNextOne()
    {
        using PtxSimulator driver = new(new PtxSimulatorOptions { FailAfterAllocations = 2 });
        driver.Allocate(1);
        driver.Allocate(1);

        Assert.Throws<OutOfDeviceMemoryException>(() => driver.Allocate(1));
    }

    [Test]
    public void UnloadModule_GivesItsVariablesBack()
    {
        using PtxSimulator driver = new();
        GpuModule module = driver.LoadModule(Ptx("ret;", ".global .align 4 .b8 table[64];"), "module.cu");
        Assert.That(driver.AllocatedBytes, Is.EqualTo(64));

        driver.UnloadModule(module);

        Assert.That(driver.AllocatedBytes, Is.Zero);
        Assert.Throws<CudaException>(() => driver.GetFunction(module, "test"));
    }

    [Test]
    public void Launch_WithTheSameSeedGivesTheSameOrder()
    {
        const string Source = """
            extern "C" __global__ void test(int* order) {
              __shared__ int count;
              if (threadIdx.x == 0) count = 0;
              __syncthreads();
              if (threadIdx.x % 32 == 0) order[blockIdx.x * 8 + atomicAdd(&count, 1)] = threadIdx.x / 32;
            }
            """;

        int[] first = Order(Source, seed: 3);
        int[] again = Order(Source, seed: 3);
        IEnumerable<int[]> others = Enumerable.Range(4, 5).Select(seed => Order(Source, seed));

        Assert.That(again, Is.EqualTo(first));
        Assert.That(others, Has.Some.Not.EqualTo(first));
    }

    private static int[] Order(string source, int seed)
    {
        using SimulatedKernel kernel = new(source, new PtxSimulatorOptions { Seed = seed });
        nint order = kernel.Buffer(4 * 32);
        kernel.Launch(LaunchShape.Linear(4, 256), order);
        return kernel.Read<int>(order, 32);
    }

    private static byte[] Ptx(string body, string variables = "") => Encoding.UTF8.GetBytes($$"""
        .version 8.4
        .target sm_80
        .address_size 64
        {{variables}}
        .visible .entry test()
        { .reg .b32 %r<4>;
        {{body}}
        ret;
        }
        """);
}
