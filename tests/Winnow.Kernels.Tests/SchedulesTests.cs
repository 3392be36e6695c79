using System.Collections.Generic;
using NUnit.Framework;
using Winnow.Gpu;

namespace Winnow.Kernels.Tests;

public sealed class SchedulesTests
{
    private const int Warps = 8;

    // Warps write down in which order they came by, or who they are.
    private const string Text = """
        extern "C" __global__ void winnow_places(int* places, int* next) {
          if (threadIdx.x % 32 == 0) places[threadIdx.x / 32] = ORDERED ? threadIdx.x / 32 : atomicAdd(next, 1);
        }
        """;

    [Test]
    public void AssertEqualBits_FindsWhatTheOrderOfWarpsDecides()
    {
        Assume.That(TestDevices.IsGpu, Is.False, "On a GPU the order of warps is often the same.");
        Assert.That(() => Schedules.AssertEqualBits(device => Places(device, ordered: false)), Throws.InstanceOf<AssertionException>().With.Message.Contains("seed"));
    }

    [Test]
    public void AssertEqualBits_PassesWhatItDoesNotDecide() => Schedules.AssertEqualBits(device => Places(device, ordered: true));

    private static byte[] Places(CudaDevice device, bool ordered)
    {
        using var tensors = new TestTensors(device);
        GpuDriver driver = device.Context.Driver;
        var source = new KernelSource("places.cu", Text, new Dictionary<string, string>());
        byte[] image = new KernelCompiler(null).Compile(source, [ordered ? "ORDERED=1" : "ORDERED=0"], driver.Architecture);
        Tensor places = tensors.Of(new int[Warps]);
        Tensor next = tensors.Of([0]);
        ArgumentBlock arguments = new(stackalloc byte[16]);
        arguments.Add(places.Address);
        arguments.Add(next.Address);
        GpuFunction function = driver.GetFunction(driver.LoadModule(image, source.Name), "winnow_places");
        device.Context.Launch(function, LaunchShape.Linear(1, 32 * Warps), arguments);
        return tensors.Bytes(places);
    }
}
