using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Winnow.Gpu.Native;

namespace Winnow.Gpu;

/// <summary>
/// An NVIDIA GPU through the CUDA driver, from CUDA 11.2 on. It works in the device's primary context, so that memory, streams and events
/// can be shared with other libraries of the process. What was handed out and not given back ends with the driver.
/// </summary>
/// <remarks>
/// Every member throws <see cref="CudaException"/> naming the call that failed. Errors of asynchronous work come out of later calls; where
/// <see cref="CudaException.IsDeviceLost"/> is set, the device is of no more use to this process, and only giving back still succeeds.
/// </remarks>
public sealed unsafe partial class CudaDriver : GpuDriver
{
    private readonly PrimaryContext _context;
    private readonly ConcurrentDictionary<nint, string> _names = new();
    private readonly ConcurrentDictionary<nint, ParameterLayout?> _layouts = new();
    private readonly ConcurrentDictionary<nint, IReadOnlyDictionary<string, (int Offset, int Bytes)[]>> _parameters = new();
    private readonly LiveHandles _memory = new();
    private readonly LiveHandles _hostMemory = new();
    private readonly LiveHandles _modules = new();
    private readonly LiveHandles _streams = new();
    private readonly LiveHandles _events = new();
    private readonly LiveHandles _graphs = new();
    private volatile bool _disposed;

    private CudaDriver(int ordinal, GpuProperties properties)
    {
        (Ordinal, Properties) = (ordinal, properties);
        _context = new PrimaryContext(CudaLibrary.Device(ordinal));
    }

    /// <summary>The device's number in the process, from 0.</summary>
    public int Ordinal { get; }

    /// <summary>The device's primary context, a <c>CUcontext</c>, for code that shares it.</summary>
    public nint ContextHandle => _context.Value;

    /// <inheritdoc/>
    public override GpuProperties Properties { get; }

    /// <inheritdoc/>
    public override string Architecture => ArchitectureOf(Properties, NvrtcLibrary.Capabilities);

    /// <inheritdoc/>
    public override long FreeBytes
    {
        get
        {
            MakeCurrent();
            nuint free, total;
            Driver.cuMemGetInfo_v2(&free, &total).Check();
            return (long)free;
        }
    }

    /// <summary>Tells whether kernels can be run on a GPU here, and otherwise why not and what to do. Does not throw.</summary>
    public static GpuProbe Probe()
    {
        GpuProbe probe = CudaLibrary.Probe();
        if (!probe.IsUsable)
        {
            return probe;
        }

        if (!probe.Devices.Any(device => device.IsSupported))
        {
            return probe with { Problem = TooOld(probe.Devices[0]) };
        }

        GpuProbe nvrtc = NvrtcLibrary.Probe();
        return nvrtc.IsUsable && nvrtc.Version / 1000 > probe.Version / 1000
            ? probe with
            {
                Problem = $"The driver is for CUDA {probe.VersionText} and cannot load what NVRTC {nvrtc.VersionText} ({nvrtc.Path}) makes.\n"
                    + $"Update the driver to CUDA {nvrtc.Version / 1000}.0 or newer, or set {NvrtcLibrary.Variable} to an NVRTC of version {probe.Version / 1000}.",
            }
            : probe;
    }

    /// <summary>Opens a device.</summary>
    /// <param name="ordinal">Its number, from 0, in the order of <see cref="GpuProbe.Devices"/>.</param>
    /// <exception cref="WinnowException">There is no usable driver, or the device is too old; the message says what to do.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no such device.</exception>
    public static CudaDriver Open(int ordinal = 0)
    {
        GpuProbe probe = CudaLibrary.Probe();
        if (!probe.IsUsable)
        {
            throw new WinnowException(probe.Problem);
        }

        if (ordinal < 0 || ordinal >= probe.Devices.Count)
        {
            string present = string.Join(", ", probe.Devices.Select((device, number) => $"{number} ({device.Name})"));
            throw new ArgumentOutOfRangeException(nameof(ordinal), $"There is no GPU {ordinal}; there is {present}.");
        }

        GpuProperties properties = probe.Devices[ordinal];
        return properties.IsSupported ? new CudaDriver(ordinal, properties) : throw new WinnowException(TooOld(properties));
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing || _disposed)
        {
            return;
        }

        _disposed = true;
        EndAll();
        nint current;
        if (Driver.cuCtxGetCurrent(&current) == CudaResult.Success && current == _context.Value)
        {
            _ = Driver.cuCtxSetCurrent(0);
        }

        _context.Dispose();
    }

    /// <summary>On a lost device the calls fail; then the context takes what is left with it.</summary>
    private void EndAll()
    {
        using Pushed context = new(this);
        Array.ForEach(_graphs.TakeAll(), graph => _ = Driver.cuGraphExecDestroy(graph));
        Array.ForEach(_events.TakeAll(), gpuEvent => _ = Driver.cuEventDestroy_v2(gpuEvent));
        Array.ForEach(_streams.TakeAll(), stream => _ = Driver.cuStreamDestroy_v2(stream));
        Array.ForEach(_modules.TakeAll(), module => _ = Driver.cuModuleUnload(module));
        Array.ForEach(_memory.TakeAll(), address => _ = Driver.cuMemFree_v2(address));
        Array.ForEach(_hostMemory.TakeAll(), address => _ = Driver.cuMemFreeHost(address));
    }

    /// <summary>
    /// The device's own architecture, on Hopper the one with all its instructions. For a device newer than NVRTC it is the newest virtual one
    /// that NVRTC knows: the driver translates that.
    /// </summary>
    /// <param name="device">The device.</param>
    /// <param name="compilable">The compute capabilities, times ten and ascending, that NVRTC compiles for; none where that is unknown.</param>
    internal static string ArchitectureOf(GpuProperties device, IReadOnlyList<int> compilable)
    {
        int capability = device.ComputeCapability;
        if (compilable.Count > 0 && !compilable.Contains(capability))
        {
            return string.Create(CultureInfo.InvariantCulture, $"compute_{compilable.LastOrDefault(known => known < capability, capability)}");
        }

        return string.Create(CultureInfo.InvariantCulture, $"sm_{capability}{(capability == 90 ? "a" : "")}");
    }

    /// <summary>What is said of a device that is not <see cref="GpuProperties.IsSupported"/>.</summary>
    internal static string TooOld(GpuProperties device) =>
        $"{device.Name} has compute capability {device.ComputeCapability / 10}.{device.ComputeCapability % 10}, and the kernels need 8.0 (Ampere) or newer.\n"
        + "Use another GPU, or --device cpu.";

    /// <summary>Makes the context that of the calling thread, where it stays, as CUDA's runtime does it.</summary>
    private void MakeCurrent()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        nint current;
        if (Driver.cuCtxGetCurrent(&current) != CudaResult.Success || current != _context.Value)
        {
            Driver.cuCtxSetCurrent(_context.Value).Check();
        }
    }

    /// <summary>What a disposed driver handed out is gone already; what it never handed out is the driver library's to refuse.</summary>
    private bool GivesBack(LiveHandles live, nint handle) => live.Remove(handle) || !_disposed;

    private string NameOf(nint handle) => _names.TryGetValue(handle, out string? name) ? name : "a kernel";

    /// <summary>The context on top of the calling thread's stack, for calls that come from any thread and must leave it as it was.</summary>
    private readonly ref struct Pushed
    {
        private readonly bool _isPushed;

        public Pushed(CudaDriver driver)
        {
            CudaResult result = Driver.cuCtxPushCurrent_v2(driver._context.Value);
            result.CheckUnlessLost("cuCtxPushCurrent");
            _isPushed = result == CudaResult.Success;
        }

        public void Dispose()
        {
            nint popped;
            if (_isPushed)
            {
                _ = Driver.cuCtxPopCurrent_v2(&popped);
            }
        }
    }
}
