using System.Runtime.CompilerServices;
using ManagedCuda.BasicTypes;
using Winnow.Gpu.Native;
using CudaException = Winnow.Gpu.CudaException;

namespace Winnow.ManagedCuda;

/// <summary>Turns ManagedCuda's status into the exception that Winnow's own bindings throw.</summary>
internal static class ManagedCudaResults
{
    /// <summary>Throws unless the call succeeded.</summary>
    /// <param name="result">What the call returned.</param>
    /// <param name="call">The call's source text; the compiler fills it in.</param>
    public static void Check(this CUResult result, [CallerArgumentExpression(nameof(result))] string call = "")
    {
        if ((CudaResult)result != CudaResult.Success)
        {
            throw Error(result, CallText.Name(call));
        }
    }

    /// <summary>For calls that give something back: with the device everything on it is gone, so that there is nothing left to do.</summary>
    public static void CheckUnlessLost(this CUResult result, [CallerArgumentExpression(nameof(result))] string call = "")
    {
        if (!((CudaResult)result).IsDeviceLost())
        {
            result.Check(call);
        }
    }

    /// <summary>The exception for a status.</summary>
    public static CudaException Error(CUResult result, string call, string detail = "") =>
        CudaResults.Error((CudaResult)result, result.ToString(), call, detail);
}
