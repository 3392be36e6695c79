using System;
using System.Collections.Generic;
using System.Threading;
using Winnow.Gpu;
using Winnow.Kernels.Attention;
using Winnow.Kernels.Cache;
using Winnow.Kernels.Linear;
using Winnow.Kernels.Norm;
using Winnow.Kernels.Reduction;
using Winnow.Kernels.Sampling;

namespace Winnow.Kernels;

/// <summary>
/// A GPU, or its simulator, as a device: handwritten kernels, compiled by NVRTC when first needed. Operations are asynchronous on one
/// stream; errors of kernels come out at the next copy to the host or <see cref="Synchronize"/>.
/// </summary>
public sealed class CudaDevice : ComputeDevice
{
    private readonly GpuDriver _driver;
    private readonly bool _ownsDriver;
    private readonly CudaContext _context;
    private readonly CudaStaging _staging;
    private readonly CudaAttention _attention;
    private readonly CudaCache _cache;
    private readonly CudaLinear _linear;
    private readonly CudaReduction _reduction;
    private readonly CudaSampling _sampling;
    private bool _disposed;

    /// <summary>Takes a driver into use.</summary>
    /// <param name="driver">The GPU or its simulator.</param>
    /// <param name="compiler">Compiles the kernels; null for a new one with the usual cache.</param>
    /// <param name="ownsDriver">Whether disposing the device disposes the driver.</param>
    public CudaDevice(GpuDriver driver, KernelCompiler? compiler = null, bool ownsDriver = false)
    {
        ArgumentNullException.ThrowIfNull(driver);
        (_driver, _ownsDriver) = (driver, ownsDriver);
        _context = new CudaContext(driver, compiler ?? new KernelCompiler());
        _staging = new CudaStaging(_context);
        _attention = new CudaAttention(_context);
        _cache = new CudaCache(_context);
        _linear = new CudaLinear(_context);
        Norm = new CudaNorm(_context);
        _reduction = new CudaReduction(_context);
        _sampling = new CudaSampling(_context);
    }

    /// <summary>What the device is and has.</summary>
    public GpuProperties Properties => _driver.Properties;

    /// <summary>The stream that operations are issued to, for code that times them or adds its own kernels between them.</summary>
    public GpuStream Stream => _context.Stream;

    /// <inheritdoc/>
    public override string Name => _driver.Properties.Name;

    /// <inheritdoc/>
    public override long FreeBytes => _driver.FreeBytes;

    /// <inheritdoc/>
    public override IAttention Attention => _attention;

    /// <inheritdoc/>
    public override ICache Cache => _cache;

    /// <inheritdoc/>
    public override ILinear Linear => _linear;

    /// <inheritdoc/>
    public override INorm Norm { get; }

    /// <inheritdoc/>
    public override IReduction Reduction => _reduction;

    /// <inheritdoc/>
    public override ISampling Sampling => _sampling;

    internal CudaContext Context => _context;

    /// <inheritdoc/>
    public override bool SamplesRows => true;

    /// <inheritdoc/>
    public override DType UsualKvType(DType weights) => weights is DType.F32 or DType.BF16 ? weights : DType.F16;

    /// <inheritdoc/>
    public override void Fill(Tensor destination, byte value)
    {
        if (!_context.IsRehearsing)
        {
            _driver.Fill(destination.Address, value, destination.Bytes, _context.Stream);
        }
    }

    /// <inheritdoc/>
    public override void Prepare(Action issue, IProgress<KernelProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(issue);
        IReadOnlyCollection<KernelVariant> missing = _context.Rehearse(issue);
        if (missing.Count > 0)
        {
            _context.LoadAll(missing, progress, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public override DeviceRecording Record(Action issue)
    {
        ArgumentNullException.ThrowIfNull(issue);
        return CudaRecording.Make(_context, issue);
    }

    /// <inheritdoc/>
    public override void Synchronize() => _driver.Synchronize(_context.Stream);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing || _disposed)
        {
            return;
        }

        _disposed = true;
        _attention.Dispose();
        _cache.Dispose();
        _linear.Dispose();
        _reduction.Dispose();
        _sampling.Dispose();
        _staging.Dispose();
        _context.Dispose();
        if (_ownsDriver)
        {
            _driver.Dispose();
        }
    }

    /// <inheritdoc/>
    protected override nint Acquire(long bytes) => _driver.Allocate(bytes);

    /// <inheritdoc/>
    protected override void Free(nint address, long bytes) => _driver.Free(address);

    /// <inheritdoc/>
    protected override void CopyIn(nint destination, ReadOnlySpan<byte> source) => _staging.CopyIn(destination, source);

    /// <inheritdoc/>
    protected override void CopyOut(Span<byte> destination, nint source) => _staging.CopyOut(destination, source);

    /// <inheritdoc/>
    protected override void IssueCopy(nint destination, nint source, long bytes)
    {
        if (!_context.IsRehearsing)
        {
            _driver.CopyOnDevice(destination, source, bytes, _context.Stream);
        }
    }

    /// <inheritdoc/>
    protected override nint AcquireHost(long bytes) => _driver.AllocateHost(bytes);

    /// <inheritdoc/>
    protected override void FreeHost(nint address) => _driver.FreeHost(address);

    /// <inheritdoc/>
    protected override void IssueCopyIn(nint destination, nint source, long bytes)
    {
        if (!_context.IsRehearsing)
        {
            _driver.CopyToDevice(destination, source, bytes, _context.Stream);
        }
    }

    /// <inheritdoc/>
    protected override void IssueCopyOut(nint destination, nint source, long bytes)
    {
        if (!_context.IsRehearsing)
        {
            _driver.CopyToHost(destination, source, bytes, _context.Stream);
        }
    }
}
