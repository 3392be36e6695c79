using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using NUnit.Framework;
using Winnow.TestSupport;

namespace Winnow.Gpu;

/// <summary>The driver on a real GPU, from source to result.</summary>
public sealed class CudaHardwareTests
{
    private const string Text = """
        extern "C" __global__ void winnow_step(float* values, float factor, int count) {
          extern __shared__ float staged[];
          int i = blockIdx.x * blockDim.x + threadIdx.x;
          staged[threadIdx.x] = i < count ? values[i] : 0.0f;
          __syncthreads();
          if (i < count) values[i] = staged[threadIdx.x] * factor + 1.0f;
        }
        """;

    [Test]
    [RequiresGpu]
    public void Kernel_IsCompiledLaunchedAndReplayed()
    {
        NvrtcSupport.Require();
        const int Count = 1000;
        using CudaDriver driver = CudaDriver.Open();
        byte[] image = new KernelCompiler(null).Compile(new KernelSource("step.cu", Text, new Dictionary<string, string>()), [], driver.Architecture);
        GpuFunction function = driver.GetFunction(driver.LoadModule(image, "step.cu"), "winnow_step");
        driver.AllowSharedBytes(function, 64 * 1024);
        GpuStream stream = driver.CreateStream();
        (GpuEvent start, GpuEvent end) = (driver.CreateEvent(timing: true), driver.CreateEvent(timing: true));
        nint host = driver.AllocateHost(Count * sizeof(float));
        nint device = driver.Allocate(Count * sizeof(float));
        Marshal.Copy(Enumerable.Range(0, Count).Select(i => (float)i).ToArray(), 0, host, Count);
        driver.CopyToDevice(device, host, Count * sizeof(float), stream);

        ArgumentBlock arguments = new(stackalloc byte[32]);
        arguments.Add(device);
        arguments.Add(2.0f);
        arguments.Add(Count);
        driver.BeginCapture(stream);
        driver.Launch(function, LaunchShape.Linear(4, 256, 64 * 1024), arguments.Bytes, stream);
        GpuGraph graph = driver.EndCapture(stream);
        driver.Record(start, stream);
        driver.Launch(graph, stream);
        driver.Launch(graph, stream);
        driver.Record(end, stream);
        driver.CopyToHost(host, device, Count * sizeof(float), stream);
        driver.Synchronize(stream);

        float[] result = new float[Count];
        Marshal.Copy(host, result, 0, Count);
        Assert.That(result, Is.EqualTo(Enumerable.Range(0, Count).Select(i => (4.0f * i) + 3.0f)));
        Assert.That(driver.IsDone(end), Is.True);
        Assert.That(driver.ElapsedTime(start, end), Is.GreaterThan(TimeSpan.Zero));
        Assert.That(driver.GetAttributes(function), Has.Property(nameof(GpuFunctionAttributes.LocalBytes)).Zero
            .And.Property(nameof(GpuFunctionAttributes.Registers)).Positive);
    }

    [Test]
    [RequiresGpu]
    public void Allocate_OfMoreThanTheDeviceHasIsRefusedAndHarmless()
    {
        using CudaDriver driver = CudaDriver.Open();

        Assert.That(() => driver.Allocate(driver.Properties.TotalBytes * 2), Throws.InstanceOf<OutOfDeviceMemoryException>());
        driver.Free(driver.Allocate(1000));
    }

    [Test]
    [RequiresGpu]
    public void LoadModule_OfDamagedTextTellsWhatTheDriverSaid()
    {
        using CudaDriver driver = CudaDriver.Open();

        Assert.That(() => driver.LoadModule(".version 7.0\n.target sm_80\nnonsense"u8, "a.cu"), Throws.InstanceOf<CudaException>().With.Message.Contains("a.cu"));
    }
}
