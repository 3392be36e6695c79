using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Winnow.Gpu.Native;

/// <summary>Turns a status of NVRTC into an exception.</summary>
internal static unsafe class NvrtcResults
{
    /// <summary>Throws unless the call succeeded.</summary>
    /// <param name="result">What the call returned.</param>
    /// <param name="call">The call's source text; the compiler fills it in.</param>
    public static void Check(this NvrtcResult result, [CallerArgumentExpression(nameof(result))] string call = "")
    {
        if (result != NvrtcResult.Success)
        {
            string name = Marshal.PtrToStringUTF8((nint)Nvrtc.nvrtcGetErrorString(result)) ?? "unknown";
            string hint = result == NvrtcResult.BuiltinOperationFailure
                ? $"The library nvrtc-builtins does not fit or is not beside {NvrtcLibrary.Probe().Path}: reinstall NVRTC."
                : "";
            throw new CudaException((int)result, name, CallText.Name(call), hint);
        }
    }
}
