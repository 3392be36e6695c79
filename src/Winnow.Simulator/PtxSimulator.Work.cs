using System;
using System.Runtime.InteropServices;
using Winnow.Gpu;
using Winnow.Simulator.Execution;
using Winnow.Simulator.Execution.Memory;
using Winnow.Simulator.Profiling;

namespace Winnow.Simulator;

/// <content>Copies, fills and launches.</content>
public sealed unsafe partial class PtxSimulator
{
    private int _launches;

    /// <inheritdoc/>
    public override void CopyToDevice(nint destination, nint source, long bytes, GpuStream stream)
        => Issue(stream, () => Copy(destination, source, bytes, nameof(CopyToDevice)));

    /// <inheritdoc/>
    public override void CopyToHost(nint destination, nint source, long bytes, GpuStream stream)
        => Issue(stream, () =>
        {
            Require(source, bytes, nameof(CopyToHost));
            Buffer.MemoryCopy((void*)source, (void*)destination, bytes, bytes);
        });

    /// <inheritdoc/>
    public override void CopyOnDevice(nint destination, nint source, long bytes, GpuStream stream)
        => Issue(stream, () => CopyBetween(destination, source, bytes));

    /// <inheritdoc/>
    public override void Fill(nint destination, byte value, long bytes, GpuStream stream)
        => Issue(stream, () =>
        {
            Allocation allocation = Require(destination, bytes, nameof(Fill));
            GlobalMemory.Fill((ulong)destination, value, bytes);
            allocation.MarkWritten((ulong)destination, bytes);
        });

    /// <inheritdoc/>
    public override void Launch(GpuFunction function, in LaunchShape shape, ReadOnlySpan<byte> arguments, GpuStream stream)
    {
        KernelFunction kernel = _functions[function.Handle];
        CheckShape(kernel, shape);
        CheckCluster(kernel, shape, nameof(Launch));
        int needed = kernel.Program.Kernel.Function.ParameterBytes;
        if (arguments.Length < needed)
        {
            string hint = $"{kernel.Program.Name} takes {needed} bytes of arguments, and {arguments.Length} were given.";
            throw new CudaException(1, "CUDA_ERROR_INVALID_VALUE", nameof(Launch), hint);
        }

        CheckStream(stream);
        StreamState state = _streams[stream.Handle];
        if (state.Recording is { } recording)
        {
            byte[] copy = arguments.ToArray();
            LaunchShape copiedShape = shape;
            recording.Add(() => Run(kernel, copiedShape, copy, state));
            return;
        }

        Run(kernel, shape, arguments, state);
    }

    private void Run(KernelFunction kernel, LaunchShape shape, ReadOnlySpan<byte> arguments, StreamState stream)
    {
        int number = _launches++;
        if (_options.FailAfterLaunches >= 0 && number >= _options.FailAfterLaunches)
        {
            throw new CudaException(719, "CUDA_ERROR_LAUNCH_FAILED", nameof(Launch), "The options of the simulator ask for this.");
        }

        ProfileCounters? counters = StartProfile();
        byte* block = (byte*)NativeMemory.AlignedAlloc((nuint)Math.Max(arguments.Length, 1), 256);
        try
        {
            arguments.CopyTo(new Span<byte>(block, arguments.Length));
            _runner.Run(new GridLaunch
            {
                Program = kernel.Program,
                Shape = shape,
                Cluster = ClusterOf(kernel.Program, shape),
                Arguments = (nint)block,
                Memory = _memory,
                Model = _model,
                Order = OrderOf(stream, shape),
                GridOrder = OrderOf(kernel.Program, shape),
                Seed = HashCode(_options.Seed, number),
                Budget = _options.InstructionBudget,
                Checks = _options.Checks,
                Counters = counters,
                Latencies = _options.Latencies,
                IsAssembled = _options.AssemblesPaths,
                Units = _options.Profiles ? _units : null,
                Registers = _options is { Profiles: true, AssemblesPaths: true, Units: not null } ? kernel.Program.Kernel.LiveRegisters : 0,
                TracesPaths = _options.TracesPaths,
                Print = _options.Printed ?? (static _ => { }),
            });
            EndProfile(kernel.Program, counters, shape);
        }
        finally
        {
            NativeMemory.AlignedFree(block);
        }
    }

    /// <summary>What blocks find of each other's; null where they do not meet, or are too many.</summary>
    private GridOrder? OrderOf(KernelProgram program, in LaunchShape shape)
    {
        long blocks = (long)shape.GridX * shape.GridY * shape.GridZ;
        bool looks = _options.Checks && program.LetsBlocksMeet && blocks is > 1 and <= GridOrder.MostBlocks && ClusterOf(program, shape).Blocks == 1;
        return looks ? new GridOrder(blocks) : null;
    }

    /// <summary>Every launch has an order of its own, and the same one each time.</summary>
    private static int HashCode(int seed, int number) => unchecked((seed * 0x01000193) ^ (number * 0x5BD1E995));

    private static void CheckShape(KernelFunction kernel, in LaunchShape shape)
    {
        KernelProgram program = kernel.Program;
        long threads = (long)shape.BlockX * shape.BlockY * shape.BlockZ;
        int most = program.Kernel.Function.MaxThreads is int bound and > 0 ? Math.Min(bound, DeviceModel.MaxThreads) : DeviceModel.MaxThreads;
        string? problem = shape switch
        {
            _ when Math.Min(Math.Min(shape.GridX, shape.GridY), shape.GridZ) < 1 || shape.GridY > 65535 || shape.GridZ > 65535
                => $"a grid of ({shape.GridX}, {shape.GridY}, {shape.GridZ}) blocks; each must be at least 1, and the second and third at most 65535",
            _ when Math.Min(Math.Min(shape.BlockX, shape.BlockY), shape.BlockZ) < 1 || threads > most || shape.BlockZ > 64
                => $"blocks of ({shape.BlockX}, {shape.BlockY}, {shape.BlockZ}) threads; each must be at least 1, and all together at most {most}",
            _ when shape.SharedBytes < 0 || shape.SharedBytes > kernel.DynamicSharedBytes
                => $"{shape.SharedBytes} bytes of dynamic shared memory where {kernel.DynamicSharedBytes} are allowed; see {nameof(AllowSharedBytes)}",
            _ => null,
        };
        if (problem is not null)
        {
            throw new CudaException(1, "CUDA_ERROR_INVALID_VALUE", nameof(Launch), $"{program.Name} was given {problem}.");
        }
    }

    private void Copy(nint destination, nint source, long bytes, string call)
    {
        Allocation allocation = Require(destination, bytes, call);
        Buffer.MemoryCopy((void*)source, (void*)destination, bytes, bytes);
        allocation.MarkWritten((ulong)destination, bytes);
    }

    /// <summary>What nothing wrote stays so in the copy.</summary>
    private void CopyBetween(nint destination, nint source, long bytes)
    {
        Allocation from = Require(source, bytes, nameof(CopyOnDevice));
        Allocation to = Require(destination, bytes, nameof(CopyOnDevice));
        Buffer.MemoryCopy((void*)source, (void*)destination, bytes, bytes);
        if (from.IsWritten || from.Written == null)
        {
            to.MarkWritten((ulong)destination, bytes);
        }
        else if (to.Written != null && !to.IsWritten)
        {
            Buffer.MemoryCopy(from.Written + ((ulong)source - from.Base), to.Written + ((ulong)destination - to.Base), bytes, bytes);
        }
    }

    private Allocation Require(nint address, long bytes, string call)
    {
        Allocation? allocation = _memory.Find((ulong)address);
        if (bytes >= 0 && allocation is not null && allocation.Contains((ulong)address, (ulong)bytes))
        {
            return allocation;
        }

        string where = allocation is null
            ? _memory.Describe((ulong)address, out _)
            : $"{bytes} bytes from byte {(ulong)address - allocation.Base} of {allocation.Name}, which has {allocation.Bytes}";
        throw new CudaException(1, "CUDA_ERROR_INVALID_VALUE", call, $"0x{address:x} is no range of device memory: {where}.");
    }
}
