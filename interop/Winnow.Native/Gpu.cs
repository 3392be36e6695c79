using System;
using System.Threading;
using Winnow.Gpu;

namespace Winnow.Native;

/// <summary>What runs kernels, with a stream of its own. One call at a time uses it.</summary>
internal sealed class Gpu : IDisposable
{
    private bool _isFreed;

    public Gpu(GpuDriver driver)
    {
        Driver = driver;
        Stream = driver.CreateStream();
    }

    /// <summary>Held by each call.</summary>
    public Lock Gate { get; } = new();

    public GpuDriver Driver { get; }

    public GpuStream Stream { get; }

    public KernelCompiler Compiler { get; } = new();

    public void ThrowIfFreed() => ObjectDisposedException.ThrowIf(_isFreed, this);

    public void Dispose()
    {
        lock (Gate)
        {
            if (!_isFreed)
            {
                _isFreed = true;
                Driver.DestroyStream(Stream);
                Driver.Dispose();
            }
        }
    }
}
