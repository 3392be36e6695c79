using System;
using System.Linq;
using System.Runtime.InteropServices;
using System.Threading;
using NUnit.Framework;
using Winnow.Gpu.Native;

namespace Winnow.Gpu;

/// <summary>Devices, contexts and memory through the fake driver, which proves signatures and ownership.</summary>
public sealed class CudaDriverTests
{
    [SetUp]
    public void PutFakeInPlace() => FakeCuda.Require();

    [TearDown]
    public void NothingIsLeft()
    {
        if (FakeCuda.IsInPlace)
        {
            Assert.That((FakeCuda.LiveObjects, FakeCuda.LiveContexts, FakeCuda.UsedBytes), Is.EqualTo((0, 0, 0L)));
            Assert.That(FakeCuda.Current, Is.EqualTo((nint)0), "the thread's context is as it was");
        }
    }

    [Test]
    public void Open_ReadsAllProperties()
    {
        FakeCuda.Set("devices", 2);
        using CudaDriver driver = CudaDriver.Open(1);

        Assert.That(driver.Ordinal, Is.EqualTo(1));
        Assert.That(driver.Properties, Is.EqualTo(new GpuProperties
        {
            Name = "Fake GPU 1",
            ComputeCapability = 90,
            DriverVersion = 12040,
            Multiprocessors = 1016,
            TotalBytes = 80L << 30,
            L2Bytes = 1038,
            MaxSharedBytesPerBlock = 1097,
            SharedBytesPerMultiprocessor = 1081,
            RegistersPerMultiprocessor = 1082,
            MaxThreadsPerMultiprocessor = 1039,
        }));
        Assert.That(driver.FreeBytes, Is.EqualTo(1 << 20));
    }

    [TestCase(80, "sm_80")]
    [TestCase(86, "sm_86")]
    [TestCase(89, "sm_89")]
    [TestCase(90, "sm_90a")]
    public void Architecture_IsThatOfTheDevice(int capability, string expected)
    {
        FakeCuda.Set("capability", capability);
        using CudaDriver driver = CudaDriver.Open();

        Assert.That(driver.Architecture, Is.EqualTo(expected));
    }

    [TestCase(89, "sm_89")]
    [TestCase(90, "sm_90a")]
    [TestCase(100, "compute_90")]
    [TestCase(120, "compute_90")]
    [TestCase(88, "compute_87")]
    public void ArchitectureOf_ADeviceNewerThanNvrtcIsTheNewestThatNvrtcKnows(int capability, string expected)
    {
        FakeCuda.Set("capability", capability);
        GpuProperties device = CudaLibrary.Probe().Devices[0];

        Assert.That(CudaDriver.ArchitectureOf(device, [50, 80, 86, 87, 89, 90]), Is.EqualTo(expected));
        Assert.That(CudaDriver.ArchitectureOf(device, []), Does.StartWith($"sm_{capability}"));
    }

    [Test]
    public void Open_OfADeviceThatIsTooOldSaysSo()
    {
        FakeCuda.Set("capability", 75);

        Assert.That(() => CudaDriver.Open(), Throws.InstanceOf<WinnowException>().With.Message.Contains("Fake GPU 0 has compute capability 7.5").And.Message.Contains("8.0"));
        Assert.That(CudaDriver.Probe().Problem, Does.Contain("compute capability 7.5"));
    }

    [TestCase(2)]
    [TestCase(-1)]
    public void Open_OfADeviceThatIsNotThereNamesThoseThatAre(int ordinal)
    {
        FakeCuda.Set("devices", 2);

        Assert.That(() => CudaDriver.Open(ordinal), Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains("0 (Fake GPU 0), 1 (Fake GPU 1)"));
    }

    [Test]
    public void Open_WhereTheContextCannotBeMadeNamesTheCall()
    {
        FakeCuda.Fail("cuDevicePrimaryCtxRetain", CudaResult.OutOfMemory);

        Assert.That(() => CudaDriver.Open(), Throws.InstanceOf<CudaException>().With.Property(nameof(CudaException.Call)).EqualTo("cuDevicePrimaryCtxRetain"));
    }

    [Test]
    public void Allocate_GivesAlignedMemoryUntilItIsFreed()
    {
        using CudaDriver driver = CudaDriver.Open();
        nint address = driver.Allocate(1000);

        Assert.That(address % 256, Is.EqualTo((nint)0));
        Assert.That(FakeCuda.UsedBytes, Is.EqualTo(1000));
        driver.Free(address);
        Assert.That(FakeCuda.UsedBytes, Is.Zero);
    }

    [Test]
    public void Allocate_OfMoreThanIsFreeSaysHowMuchIs()
    {
        using CudaDriver driver = CudaDriver.Open();
        nint first = driver.Allocate(1 << 19);

        OutOfDeviceMemoryException exception = Assert.Throws<OutOfDeviceMemoryException>(() => driver.Allocate(1 << 20))!;

        Assert.That((exception.RequestedBytes, exception.FreeBytes), Is.EqualTo((1L << 20, 1L << 19)));
        Assert.That(exception.Message, Does.Contain("Fake GPU 0"));
        driver.Free(first);
        driver.Free(driver.Allocate(1 << 20));
    }

    [TestCase(0)]
    [TestCase(-1)]
    public void Allocate_OfNothingIsRefused(long bytes)
    {
        using CudaDriver driver = CudaDriver.Open();

        Assert.That(() => driver.Allocate(bytes), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => driver.AllocateHost(bytes), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Copies_BringBytesThereAndBack()
    {
        using CudaDriver driver = CudaDriver.Open();
        GpuStream stream = driver.CreateStream();
        nint host = driver.AllocateHost(64);
        nint first = driver.Allocate(64);
        nint second = driver.Allocate(64);
        byte[] bytes = [.. Enumerable.Range(1, 64).Select(value => (byte)value)];
        Marshal.Copy(bytes, 0, host, 64);
        driver.CopyToDevice(first, host, 64, stream);
        driver.CopyOnDevice(second, first, 64, stream);
        driver.Fill(second + 10, 0xAB, 3, stream);
        driver.CopyToHost(host, second, 64, stream);
        driver.Synchronize(stream);
        byte[] back = new byte[64];
        Marshal.Copy(host, back, 0, 64);

        bytes.AsSpan(10, 3).Fill(0xAB);
        Assert.That(back, Is.EqualTo(bytes));
    }

    [Test]
    public void Dispose_EndsWhatWasNotGivenBack()
    {
        CudaDriver driver = CudaDriver.Open();
        driver.Allocate(10);
        driver.AllocateHost(10);
        GpuStream stream = driver.CreateStream();
        driver.CreateEvent(timing: true);
        driver.LoadModule("text"u8, "a.cu");
        driver.BeginCapture(stream);
        driver.EndCapture(stream);
        Assert.That(FakeCuda.LiveObjects, Is.EqualTo(6));

        driver.Dispose();
        driver.Dispose();

        Assert.That(FakeCuda.LiveObjects, Is.Zero);
    }

    [Test]
    public void Members_AfterDisposeRefuseExceptForThoseThatGiveBack()
    {
        CudaDriver driver = CudaDriver.Open();
        nint address = driver.Allocate(10);
        nint host = driver.AllocateHost(10);
        GpuStream stream = driver.CreateStream();
        driver.Dispose();

        Assert.That(() => driver.Allocate(10), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => driver.Synchronize(stream), Throws.InstanceOf<ObjectDisposedException>());
        driver.Free(address);
        driver.FreeHost(host);
        driver.DestroyStream(stream);
    }

    [Test]
    public void Members_OnAnotherThreadFindTheContext()
    {
        using CudaDriver driver = CudaDriver.Open();
        nint context = 0;
        nint address = 0;
        OnAnotherThread(() =>
        {
            address = driver.Allocate(10);
            context = FakeCuda.Current;
        });

        Assert.That(context, Is.EqualTo(driver.ContextHandle));
        driver.Free(address);
    }

    [Test]
    public void Free_OnAnotherThreadLeavesItsContextAsItWas()
    {
        using CudaDriver driver = CudaDriver.Open();
        nint address = driver.Allocate(10);
        nint host = driver.AllocateHost(10);
        nint context = 1;
        OnAnotherThread(() =>
        {
            driver.Free(address);
            driver.FreeHost(host);
            context = FakeCuda.Current;
        });

        Assert.That(context, Is.EqualTo((nint)0));
        Assert.That(FakeCuda.LiveObjects, Is.Zero);
    }

    [Test]
    public void Check_OfAFailureNamesCallAndStatus()
    {
        using CudaDriver driver = CudaDriver.Open();
        FakeCuda.Fail("cuMemGetInfo_v2", CudaResult.InvalidValue);

        CudaException exception = Assert.Throws<CudaException>(() => _ = driver.FreeBytes)!;

        Assert.That((exception.Status, exception.StatusName, exception.Call, exception.IsDeviceLost), Is.EqualTo((1, "CUDA_ERROR_INVALID_VALUE", "cuMemGetInfo_v2", false)));
        Assert.That(exception.Message, Is.EqualTo("cuMemGetInfo_v2 failed: CUDA_ERROR_INVALID_VALUE (1)."));
    }

    [Test]
    public void Check_OfAStatusWithoutANameTellsItsNumber()
    {
        using CudaDriver driver = CudaDriver.Open();
        FakeCuda.Fail("cuMemGetInfo_v2", (CudaResult)4711);

        Assert.That(() => driver.FreeBytes, Throws.InstanceOf<CudaException>().With.Message.Contains("(4711)"));
    }

    private static void OnAnotherThread(ThreadStart action)
    {
        Thread thread = new(action);
        thread.Start();
        thread.Join();
    }
}
