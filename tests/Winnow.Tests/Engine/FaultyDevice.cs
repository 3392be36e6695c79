using System;
using System.Runtime.InteropServices;
using System.Threading;
using Winnow.Kernels;
using Winnow.Kernels.Attention;
using Winnow.Kernels.Cache;
using Winnow.Kernels.Linear;
using Winnow.Kernels.Norm;
using Winnow.Kernels.Reduction;
using Winnow.Kernels.Sampling;

namespace Winnow.Tests.Engine;

/// <summary>A processor device that fails on demand, in the middle of a step or at an upload, or that stands still until it is told to go on.</summary>
internal sealed unsafe class FaultyDevice : ComputeDevice
{
    private readonly CpuDevice _inner = new(1);
    private readonly ManualResetEventSlim _goesOn = new(true);
    private int _callsUntilFault = -1;
    private int _callsUntilHold = -1;

    /// <summary>How many more times attention is used before it fails once.</summary>
    public void FailAfter(int calls) => _callsUntilFault = calls;

    /// <summary>How many more times attention is used before it stands still.</summary>
    public void HoldAfter(int calls)
    {
        _goesOn.Reset();
        _callsUntilHold = calls;
    }

    /// <summary>Ends standing still.</summary>
    public void GoOn() => _goesOn.Set();

    /// <summary>Buffers that were allocated and not freed.</summary>
    public int Buffers { get; private set; }

    /// <summary>How often something was uploaded.</summary>
    public int Uploads { get; private set; }

    /// <summary>The upload, counted from the first, from which on all fail.</summary>
    public int FailFromUpload { get; set; } = int.MaxValue;

    /// <summary>Makes recordings of what is issued; null where the device has none.</summary>
    public Func<Action, DeviceRecording>? Recorder { get; init; }

    public override string Name => "faulty";

    /// <summary>What the device says is free; null for the truth.</summary>
    public long? PretendedFreeBytes { get; init; }

    public override long FreeBytes => PretendedFreeBytes ?? _inner.FreeBytes;

    public override IAttention Attention
    {
        get
        {
            if (_callsUntilHold-- == 0)
            {
                _goesOn.Wait();
            }

            return _callsUntilFault-- == 0 ? throw new InvalidOperationException("the device broke") : _inner.Attention;
        }
    }

    public override ICache Cache => _inner.Cache;

    public override ILinear Linear => _inner.Linear;

    public override INorm Norm => _inner.Norm;

    public override IReduction Reduction => _inner.Reduction;

    public override ISampling Sampling => _inner.Sampling;

    public override DeviceRecording? Record(Action issue) => Recorder?.Invoke(issue);

    public override void Fill(Tensor destination, byte value) => _inner.Fill(destination, value);

    public override void Synchronize() => _inner.Synchronize();

    protected override void Dispose(bool disposing)
    {
        _inner.Dispose();
        _goesOn.Dispose();
    }

    protected override nint Acquire(long bytes)
    {
        Buffers++;
        return (nint)NativeMemory.AlignedAlloc((nuint)bytes, 64);
    }

    protected override void Free(nint address, long bytes)
    {
        Buffers--;
        NativeMemory.AlignedFree((void*)address);
    }

    protected override void CopyIn(nint destination, ReadOnlySpan<byte> source)
    {
        if (Uploads++ >= FailFromUpload)
        {
            throw new InvalidOperationException("the device is gone");
        }

        source.CopyTo(new Span<byte>((void*)destination, source.Length));
    }

    protected override void CopyOut(Span<byte> destination, nint source) =>
        new ReadOnlySpan<byte>((void*)source, destination.Length).CopyTo(destination);

    protected override void IssueCopy(nint destination, nint source, long bytes) => Buffer.MemoryCopy((void*)source, (void*)destination, bytes, bytes);
}
