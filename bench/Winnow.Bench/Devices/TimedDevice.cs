using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using Winnow.Kernels;
using Winnow.Kernels.Attention;
using Winnow.Kernels.Cache;
using Winnow.Kernels.Linear;
using Winnow.Kernels.Norm;
using Winnow.Kernels.Reduction;
using Winnow.Kernels.Sampling;

namespace Winnow.Bench.Devices;

/// <summary>
/// Another device that, where asked to, times attention and the moving of slots. It waits for the device before and after what it times, so the parts of a step
/// on a GPU contain launches that a whole step hides.
/// </summary>
internal sealed class TimedDevice : ComputeDevice
{
    private readonly ComputeDevice _inner;
    private readonly TimedAttention _attention;
    private readonly TimedCache _cache;
    private readonly Dictionary<nint, DeviceBuffer> _buffers = [];
    private readonly Dictionary<nint, HostBuffer> _hosts = [];

    public TimedDevice(ComputeDevice inner)
    {
        _inner = inner;
        _attention = new TimedAttention(this, inner.Attention);
        _cache = new TimedCache(this, inner.Cache);
    }

    /// <summary>Whether it times.</summary>
    public bool IsTiming { get; set; }

    public StepTimes Times { get; } = new();

    public override string Name => _inner.Name;

    public override long FreeBytes => _inner.FreeBytes;

    public override IAttention Attention => IsTiming ? _attention : _inner.Attention;

    public override ICache Cache => IsTiming ? _cache : _inner.Cache;

    public override ILinear Linear => _inner.Linear;

    public override INorm Norm => _inner.Norm;

    public override IReduction Reduction => _inner.Reduction;

    public override ISampling Sampling => _inner.Sampling;

    public override bool SamplesRows => _inner.SamplesRows;

    public override DType UsualKvType(DType weights) => _inner.UsualKvType(weights);

    public override DeviceRecording? Record(Action issue) => _inner.Record(issue);

    public override void Fill(Tensor destination, byte value) => _inner.Fill(destination, value);

    public override void Synchronize() => _inner.Synchronize();

    /// <summary>A timestamp once nothing is left to do; 0 where it does not time, as what is recorded cannot be waited for.</summary>
    public long Now()
    {
        if (!IsTiming)
        {
            return 0;
        }

        _inner.Synchronize();
        return Stopwatch.GetTimestamp();
    }

    protected override void Dispose(bool disposing) => _inner.Dispose();

    protected override nint Acquire(long bytes)
    {
        DeviceBuffer buffer = _inner.Allocate(bytes);
        lock (_buffers)
        {
            _buffers.Add(buffer.Address, buffer);
        }

        return buffer.Address;
    }

    protected override void Free(nint address, long bytes)
    {
        lock (_buffers)
        {
            _buffers.Remove(address, out DeviceBuffer? buffer);
            buffer?.Dispose();
        }
    }

    protected override void CopyIn(nint destination, ReadOnlySpan<byte> source) => _inner.Upload(TensorAt(destination, source.Length), source);

    protected override void CopyOut(Span<byte> destination, nint source) => _inner.Download(TensorAt(source, destination.Length), destination);

    protected override void IssueCopy(nint destination, nint source, long bytes) => _inner.Copy(TensorAt(destination, bytes), TensorAt(source, bytes));

    protected override unsafe nint AcquireHost(long bytes)
    {
        HostBuffer buffer = _inner.AllocateHost(bytes);
        fixed (byte* address = buffer.Values<byte>(0, 1))
        {
            lock (_hosts)
            {
                _hosts.Add((nint)address, buffer);
            }

            return (nint)address;
        }
    }

    protected override void FreeHost(nint address)
    {
        lock (_hosts)
        {
            _hosts.Remove(address, out HostBuffer? buffer);
            buffer?.Dispose();
        }
    }

    protected override void IssueCopyIn(nint destination, nint source, long bytes)
    {
        (HostBuffer host, long offset) = HostAt(source);
        _inner.CopyIn(TensorAt(destination, bytes), host, offset);
    }

    protected override void IssueCopyOut(nint destination, nint source, long bytes)
    {
        (HostBuffer host, long offset) = HostAt(destination);
        _inner.CopyOut(host, offset, TensorAt(source, bytes));
    }

    private Tensor TensorAt(nint address, long bytes)
    {
        lock (_buffers)
        {
            DeviceBuffer buffer = _buffers.Values.First(each => address >= each.Address && address < each.Address + each.Bytes);
            return new Tensor(buffer, address - buffer.Address, DType.U8, new Shape(bytes));
        }
    }

    private (HostBuffer Buffer, long Offset) HostAt(nint address)
    {
        lock (_hosts)
        {
            (nint first, HostBuffer buffer) = _hosts.First(each => address >= each.Key && address < each.Key + each.Value.Bytes);
            return (buffer, address - first);
        }
    }
}
