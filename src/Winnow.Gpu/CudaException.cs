namespace Winnow.Gpu;

/// <summary>A call of the CUDA driver or of a library beside it failed.</summary>
public sealed class CudaException : WinnowException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="status">The status code.</param>
    /// <param name="statusName">Its name, for instance <c>CUDA_ERROR_INVALID_VALUE</c>.</param>
    /// <param name="call">The call that returned it.</param>
    /// <param name="hint">What to do instead; empty where nothing better is known.</param>
    public CudaException(int status, string statusName, string call, string hint = "")
        : base($"{call} failed: {statusName} ({status}).{(hint.Length == 0 ? "" : " " + hint)}")
    {
        (Status, StatusName, Call) = (status, statusName, call);
    }

    /// <summary>The status code.</summary>
    public int Status { get; }

    /// <summary>Its name.</summary>
    public string StatusName { get; }

    /// <summary>The call that returned it.</summary>
    public string Call { get; }

    /// <summary>Whether the device is lost to this process: every later call on it fails, and what was on it is gone.</summary>
    public bool IsDeviceLost { get; init; }
}
