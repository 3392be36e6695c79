namespace Winnow;

/// <summary>A device has less free memory than was asked for.</summary>
public sealed class OutOfDeviceMemoryException : WinnowException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="requestedBytes">What was asked for.</param>
    /// <param name="freeBytes">What was free.</param>
    /// <param name="hint">What to do instead.</param>
    public OutOfDeviceMemoryException(long requestedBytes, long freeBytes, string hint)
        : base($"{requestedBytes / 1048576.0:F1} MiB were asked for and {freeBytes / 1048576.0:F1} MiB are free. {hint}")
    {
        RequestedBytes = requestedBytes;
        FreeBytes = freeBytes;
    }

    /// <summary>What was asked for.</summary>
    public long RequestedBytes { get; }

    /// <summary>What was free.</summary>
    public long FreeBytes { get; }
}
