using System;
using System.Linq;
using NUnit.Framework;
using Winnow.TestSupport;

namespace Winnow.Native;

/// <summary>Kernels through the C ABI, on the simulator.</summary>
public sealed class KernelTests
{
    [Test]
    public unsafe void Launch_OfAKernelComputes()
    {
        NvrtcSupport.Require();
        ulong gpu = Abi.Handle("winnow_gpu_open", "simulator");
        ulong kernel = Abi.Handle("winnow_kernel_compile", gpu, Samples.KernelSource, "twice", "{\"definitions\": [\"X=1\"]}");
        float[] input = GC.AllocateArray<float>(100, pinned: true);
        float[] output = GC.AllocateArray<float>(100, pinned: true);
        for (int index = 0; index < input.Length; index++)
        {
            input[index] = index;
        }

        Cell<ulong> from = new();
        Cell<ulong> to = new();
        Abi.Do("winnow_gpu_allocate", gpu, (nuint)400, from);
        Abi.Do("winnow_gpu_allocate", gpu, (nuint)400, to);
        Abi.Do("winnow_gpu_to_device", gpu, from.Value, Abi.Address(input), (nuint)400);
        ulong[] arguments = GC.AllocateArray<ulong>(3, pinned: true);
        (arguments[0], arguments[1], arguments[2]) = (to.Value, from.Value, 100);
        Cell<LaunchFigures> launch = new(new LaunchFigures
        {
            StructSize = (nuint)sizeof(LaunchFigures), GridX = 4, GridY = 1, GridZ = 1, BlockX = 32, BlockY = 1, BlockZ = 1, Repeats = 2,
        });
        Cell<double> milliseconds = new();
        Abi.Do("winnow_kernel_launch", kernel, launch, Abi.Address(arguments), (nuint)20, milliseconds);
        Abi.Do("winnow_gpu_to_host", gpu, Abi.Address(output), to.Value, (nuint)400);
        Assert.That(output, Is.EqualTo(input.Select(value => 2 * value)));
        Assert.That(milliseconds.Value, Is.GreaterThan(0));

        Assert.That(Abi.Call("winnow_kernel_launch", kernel, launch, Abi.Address(arguments), (nuint)3, milliseconds), Is.Not.EqualTo(Status.Ok));
        launch.Value.BlockX = 0;
        Assert.That(Abi.Call("winnow_kernel_launch", kernel, launch, Abi.Address(arguments), (nuint)20, milliseconds), Is.EqualTo(Status.InvalidArgument));
        launch.Value.BlockX = 64;
        arguments[0] = 16;
        Assert.That(Abi.Call("winnow_kernel_launch", kernel, launch, Abi.Address(arguments), (nuint)20, milliseconds), Is.EqualTo(Status.DeviceFault), Abi.LastError);
        Abi.Do("winnow_gpu_free", gpu);
        Assert.That(Abi.Call("winnow_kernel_launch", kernel, launch, Abi.Address(arguments), (nuint)20, milliseconds), Is.EqualTo(Status.Closed));
        Abi.Do("winnow_kernel_free", kernel);
    }

    [Test]
    public void Compile_ThatFailsHasTheLog()
    {
        NvrtcSupport.Require();
        ulong gpu = Abi.Handle("winnow_gpu_open", "simulator:unchecked");
        Assert.That(Abi.Call("winnow_kernel_compile", gpu, "extern \"C\" __global__ void f() { nonsense; }", "f", null, new Cell<ulong>()), Is.EqualTo(Status.CompileFailed));
        Assert.That(Abi.LastError, Does.Contain("nonsense"));
        Assert.That(Abi.Call("winnow_kernel_compile", gpu, Samples.KernelSource, "thrice", null, new Cell<ulong>()), Is.EqualTo(Status.InvalidArgument));
        Assert.That(Abi.LastError, Does.Contain("thrice"));
        Abi.Do("winnow_gpu_free", gpu);
    }
}
