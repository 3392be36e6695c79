using System.Linq;
using NUnit.Framework;
using Winnow.TestSupport;

namespace Winnow.Gpu.Native;

/// <summary>What is said where CUDA cannot be used.</summary>
public sealed class CudaLibraryTests
{
    [Test]
    public void Search_WithAnExplicitPathAsksNowhereElse()
    {
        NativeSearch search = CudaLibrary.Search(name => name == CudaLibrary.Variable ? "/none/libcuda.so" : null);

        Assert.That(search.Handle, Is.EqualTo((nint)0));
        Assert.That(search.Tried, Is.EqualTo("/none/libcuda.so: there is no such file"));
    }

    [Test]
    [Platform("Linux")]
    public void Search_WithoutADriverNamesEveryPlace()
    {
        NativeSearch search = CudaLibrary.Search(_ => null);
        if (search.Handle == 0)
        {
            Assert.That(search.Tried, Is.EqualTo(
                "WINNOW_CUDA: not set; libcuda.so.1: not known to the system's loader; /usr/lib/wsl/lib/libcuda.so.1: there is no such file"));
        }
        else
        {
            Assert.That(search.Path, Does.Contain("libcuda"), "this machine has a driver");
        }
    }

    [Test]
    public void Probe_ListsDevicesVersionAndPath()
    {
        FakeCuda.Require();
        FakeCuda.Set("devices", 3);
        GpuProbe probe = CudaDriver.Probe();

        Assert.That(probe.Problem, Is.Empty);
        Assert.That(probe.IsUsable, Is.True);
        Assert.That((probe.Version, probe.VersionText), Is.EqualTo((12040, "12.4")));
        Assert.That(probe.Path, Does.EndWith("libcuda.so.1"));
        Assert.That(probe.Devices.Select(device => device.Name), Is.EqualTo(new[] { "Fake GPU 0", "Fake GPU 1", "Fake GPU 2" }));
    }

    [TestCase(100, "CUDA_ERROR_NO_DEVICE (100)", "MIG")]
    [TestCase(34, "(34)", "stub")]
    [TestCase(802, "(802)", "fabricmanager")]
    [TestCase(803, "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH (803)", "restart after an update")]
    [TestCase(999, "(999)", "nvidia-smi")]
    public void Probe_OfADriverThatDoesNotStartSaysWhyAndWhatToDo(int status, string name, string advice)
    {
        FakeCuda.Require();
        FakeCuda.Fail("cuInit", (CudaResult)status);
        GpuProbe probe = CudaDriver.Probe();

        Assert.That(probe.IsUsable, Is.False);
        Assert.That(probe.Problem, Does.Contain("does not start").And.Contain(name).And.Contain(advice));
        Assert.That(() => CudaDriver.Open(), Throws.InstanceOf<WinnowException>().With.Message.EqualTo(probe.Problem));
    }

    [Test]
    public void Probe_WithoutADeviceSaysSo()
    {
        FakeCuda.Require();
        FakeCuda.Set("devices", 0);

        Assert.That(CudaDriver.Probe().Problem, Does.Contain("sees no GPU").And.Contain("nvidia-smi -L"));
    }

    [Test]
    public void Probe_OfADriverThatIsTooOldSaysWhichIsNeeded()
    {
        FakeCuda.Require();
        FakeCuda.Set("version", 10020);

        Assert.That(CudaDriver.Probe().Problem, Does.Contain("for CUDA 10.2 and too old").And.Contain("11.2 or newer"));
    }

    [Test]
    public void Probe_OfADriverOlderThanNvrtcNamesBoth()
    {
        FakeCuda.Require();
        NvrtcSupport.Require();
        FakeCuda.Set("version", 11020);

        Assert.That(CudaDriver.Probe().Problem, Does.Contain("for CUDA 11.2").And.Contain(KernelCompiler.Probe().VersionText).And.Contain("Update the driver"));
    }

    [Test]
    [Platform("Linux")]
    public void NoDevice_NamesWhatMayHideTheGpu()
    {
        string all = string.Join('\n', CudaLibrary.NoDevice(name => name == "CUDA_VISIBLE_DEVICES" ? "7" : null, _ => false));
        string little = string.Join('\n', CudaLibrary.NoDevice(_ => null, _ => true));

        Assert.That(all, Does.Contain("CUDA_VISIBLE_DEVICES is \"7\"").And.Contain("/dev/nvidiactl").And.Contain("MIG"));
        Assert.That(little, Does.Contain("MIG").And.Not.Contain("/dev/nvidiactl").And.Not.Contain("hides"));
    }
}
