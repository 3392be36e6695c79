using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading;
using Winnow.Gpu;
using Winnow.Simulator.Execution;
using Winnow.Simulator.Execution.Memory;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator;

/// <summary>
/// A GPU without a GPU: executes the PTX that NVRTC makes for <c>compute_80</c> or <c>compute_90a</c> and checks what it executes. What it finds is a
/// <see cref="GpuFaultException"/> that names kernel, line, block and thread; the launch ends there, memory stays as it is, and later calls work.
/// </summary>
/// <remarks>
/// Work is done at once, on the thread that issues it, with the blocks of a launch spread over other threads. Device addresses are addresses of
/// native memory, so a kernel that is not checked for what it reads still cannot leave its allocations.
/// </remarks>
public sealed partial class PtxSimulator : GpuDriver
{
    private readonly PtxSimulatorOptions _options;
    private readonly DeviceModel _model;
    private readonly GlobalMemory _memory;
    private readonly Handles<LoadedModule> _modules = new("module");
    private readonly Handles<KernelFunction> _functions = new("function");
    private readonly GridRunner _runner;
    private int _allocations;
    private readonly UnitTable? _units;
    private bool _isDisposed;

    /// <summary>Creates a device.</summary>
    /// <param name="options">How it works; null for the defaults.</param>
    public PtxSimulator(PtxSimulatorOptions? options = null)
    {
        _options = options ?? new PtxSimulatorOptions();
        ArgumentOutOfRangeException.ThrowIfNegative(_options.Threads, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNegative(_options.MemoryBytes, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(_options.InstructionBudget, nameof(options));
        _model = new DeviceModel(_options.Architecture, _options.Parts);
        _units = _options.Units is { } units ? units with { Multiprocessors = Math.Max(1, units.Multiprocessors / _options.Parts) } : null;
        long bytes = _options.MemoryBytes > 0 ? _options.MemoryBytes : GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2;
        _memory = new GlobalMemory(bytes, _options.Checks);
        _runner = new GridRunner(_options.Threads > 0 ? _options.Threads : Environment.ProcessorCount);
        Properties = _model.Properties(bytes);
    }

    /// <inheritdoc/>
    public override GpuProperties Properties { get; }

    /// <inheritdoc/>
    public override string Architecture => _model.Architecture;

    /// <inheritdoc/>
    public override long FreeBytes => _memory.FreeBytes;

    /// <summary>Allocations of device memory that were not given back, variables of modules included.</summary>
    internal int AllocationCount => _memory.Count;

    /// <summary>Bytes of device memory that were not given back.</summary>
    internal long AllocatedBytes => _memory.AllocatedBytes;

    /// <inheritdoc/>
    public override nint Allocate(long bytes)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, 1);
        int number = Interlocked.Increment(ref _allocations);
        bool fails = _options.FailAfterAllocations >= 0 && number > _options.FailAfterAllocations;
        Allocation? allocation = fails ? null : _memory.Allocate(bytes, $"allocation {number} of {bytes} bytes");
        return allocation is null
            ? throw new OutOfDeviceMemoryException(bytes, _memory.FreeBytes, "Give the simulator more memory, or use less of it.")
            : (nint)allocation.Base;
    }

    /// <inheritdoc/>
    public override void Free(nint address)
    {
        if (!_isDisposed && !_memory.Free((ulong)address))
        {
            throw new CudaException(1, "CUDA_ERROR_INVALID_VALUE", nameof(Free), $"There is no allocation at 0x{address:x}; was it given back twice?");
        }
    }

    /// <inheritdoc/>
    public override unsafe nint AllocateHost(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, 1);
        return (nint)NativeMemory.AlignedAlloc((nuint)bytes, 256);
    }

    /// <inheritdoc/>
    public override unsafe void FreeHost(nint address) => NativeMemory.AlignedFree((void*)address);

    /// <inheritdoc/>
    public override GpuModule LoadModule(ReadOnlySpan<byte> image, string name)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        PtxModule module = PtxModule.Parse(Encoding.UTF8.GetString(image).TrimEnd('\0'), name);
        return new GpuModule(_modules.Add(new LoadedModule(module, _memory)));
    }

    /// <inheritdoc/>
    public override void UnloadModule(GpuModule module)
    {
        if (!_isDisposed)
        {
            _modules.Remove(module.Handle).Unload();
        }
    }

    /// <inheritdoc/>
    public override GpuFunction GetFunction(GpuModule module, string name)
    {
        LoadedModule loaded = _modules[module.Handle];
        KernelProgram program = loaded.FindKernel(name)
            ?? throw new CudaException(500, "CUDA_ERROR_NOT_FOUND", nameof(GetFunction), $"{loaded.Name} has no kernel {name}; its kernels are {Names(loaded)}.");
        _ordersLaunches |= program.HasGridControl;
        return new GpuFunction(_functions.Add(new KernelFunction(program)));
    }

    /// <inheritdoc/>
    public override GpuFunctionAttributes GetAttributes(GpuFunction function)
    {
        KernelProgram program = _functions[function.Handle].Program;
        int threads = program.Kernel.Function.MaxThreads;
        return new GpuFunctionAttributes(0, program.Shared.StaticBytes, program.Kernel.Function.LocalBytes, threads > 0 ? threads : DeviceModel.MaxThreads);
    }

    /// <inheritdoc/>
    public override void AllowSharedBytes(GpuFunction function, int bytes)
    {
        KernelFunction kernel = _functions[function.Handle];
        int most = _model.MaxSharedBytes - kernel.Program.Shared.StaticBytes;
        if (bytes < 0 || bytes > most)
        {
            throw new CudaException(1, "CUDA_ERROR_INVALID_VALUE", nameof(AllowSharedBytes), $"{kernel.Program.Name} may have at most {most} bytes.");
        }

        kernel.DynamicSharedBytes = Math.Max(kernel.DynamicSharedBytes, bytes);
    }

    /// <inheritdoc/>
    public override void EncodeTensorMap(TensorMapShape shape, Span<byte> map)
    {
        if (Properties.ComputeCapability < 90)
        {
            throw new NotSupportedException($"{Properties.Name} is for {Architecture}, which has no tensor maps.");
        }

        shape.Validate();
        TensorMap.Encode(shape, map);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !_isDisposed)
        {
            _isDisposed = true;
            _runner.Dispose();
            _memory.Dispose();
        }
    }

    private static string Names(LoadedModule module)
    {
        List<string> names = [];
        foreach (PtxFunction function in module.Source.Functions.Values)
        {
            if (function.IsEntry)
            {
                names.Add(function.Name);
            }
        }

        return string.Join(", ", names);
    }

    private sealed class KernelFunction(KernelProgram program)
    {
        public KernelProgram Program { get; } = program;

        public int DynamicSharedBytes { get; set; } = DeviceModel.SharedBytesByDefault - program.Shared.StaticBytes;

        public bool AllowsLargeClusters { get; set; }
    }
}
