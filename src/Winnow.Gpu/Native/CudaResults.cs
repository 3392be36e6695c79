using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Winnow.Gpu.Native;

/// <summary>Turns a status of the CUDA driver into an exception that says what to do.</summary>
internal static unsafe class CudaResults
{
    private const string Lost =
        "The device is lost to this process and what was on it is gone: end the process and start again. "
        + "The simulator (--device simulator) finds the kernel and the line that caused it.";

    private const string WrongImage =
        "The image is for another device, or made by an NVRTC that is newer than the driver: `winnow devices` shows both versions.";

    /// <summary>Throws unless the call succeeded.</summary>
    /// <param name="result">What the call returned.</param>
    /// <param name="call">The call's source text; the compiler fills it in.</param>
    public static void Check(this CudaResult result, [CallerArgumentExpression(nameof(result))] string call = "")
    {
        if (result != CudaResult.Success)
        {
            throw Error(result, CallText.Name(call));
        }
    }

    /// <summary>For calls that give something back: with the device everything on it is gone, so that there is nothing left to do.</summary>
    public static void CheckUnlessLost(this CudaResult result, [CallerArgumentExpression(nameof(result))] string call = "")
    {
        if (!result.IsDeviceLost())
        {
            result.Check(call);
        }
    }

    /// <summary>The exception for a status.</summary>
    /// <param name="result">The status.</param>
    /// <param name="call">The call.</param>
    /// <param name="detail">What is known about the call beyond its name.</param>
    public static CudaException Error(CudaResult result, string call, string detail = "") => Error(result, NameOf(result), call, detail);

    /// <summary>The exception for a status whose name is known.</summary>
    /// <param name="result">The status.</param>
    /// <param name="name">Its name.</param>
    /// <param name="call">The call.</param>
    /// <param name="detail">What is known about the call beyond its name; may be empty.</param>
    public static CudaException Error(CudaResult result, string name, string call, string detail)
    {
        string hint = Hint(result);
        return new CudaException((int)result, name, call, detail.Length > 0 && hint.Length > 0 ? $"{detail} {hint}" : detail + hint)
        {
            IsDeviceLost = result.IsDeviceLost(),
        };
    }

    /// <summary>The driver's name of a status.</summary>
    public static string NameOf(CudaResult result)
    {
        byte* name;
        return Driver.cuGetErrorName(result, &name) == CudaResult.Success
            ? Marshal.PtrToStringUTF8((nint)name) ?? "unknown status"
            : "unknown status";
    }

    /// <summary>Whether every later call of this process on the device fails too.</summary>
    public static bool IsDeviceLost(this CudaResult result) => result
        is CudaResult.Deinitialized or CudaResult.EccUncorrectable or CudaResult.IllegalAddress or CudaResult.LaunchTimeout
        or CudaResult.ContextIsDestroyed or CudaResult.Assert
        or (>= CudaResult.HardwareStackError and <= CudaResult.LaunchFailed);

    private static string Hint(CudaResult result) => result switch
    {
        _ when result.IsDeviceLost() => Lost,
        CudaResult.OutOfMemory => "Free memory, or use a smaller model or context.",
        CudaResult.InvalidImage or CudaResult.NoBinaryForGpu or CudaResult.InvalidPtx or CudaResult.UnsupportedPtxVersion => WrongImage,
        CudaResult.LaunchOutOfResources => "The block needs more registers or shared memory than a multiprocessor has: use fewer threads.",
        CudaResult.InvalidClusterSize => $"A grid consists of whole clusters; more than 8 blocks of one must be allowed by {nameof(GpuDriver.AllowLargeClusters)} first.",
        CudaResult.StreamCaptureInvalidated => "A call that a capture does not allow was made during it.",
        _ => "",
    };
}
