using Microsoft.Win32.SafeHandles;

namespace Winnow.Gpu.Native;

/// <summary>A device's primary context, retained; the one that CUDA's runtime and other libraries use too.</summary>
internal sealed unsafe class PrimaryContext : SafeHandleZeroOrMinusOneIsInvalid
{
    private readonly int _device;

    /// <param name="device">The driver's handle of the device.</param>
    public PrimaryContext(int device)
        : base(ownsHandle: true)
    {
        _device = device;
        nint context;
        Driver.cuDevicePrimaryCtxRetain(&context, device).Check();
        SetHandle(context);
    }

    /// <summary>The context.</summary>
    public nint Value => handle;

    protected override bool ReleaseHandle() => Driver.cuDevicePrimaryCtxRelease_v2(_device) == CudaResult.Success;
}
