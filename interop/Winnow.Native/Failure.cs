using System;
using System.IO;
using System.Text.Json;
using Winnow.Formats;
using Winnow.Gpu;

namespace Winnow.Native;

/// <summary>Turns exceptions into a status and the calling thread's message, so that none leaves the library.</summary>
internal static class Failure
{
    [ThreadStatic]
    private static string? _message;

    /// <summary>The message of the last call of this thread that failed.</summary>
    public static string Message => _message ?? "";

    /// <summary>Runs the body of an exported function.</summary>
    public static Status Guard(Func<Status> body)
    {
        try
        {
            return body();
        }
        catch (Exception exception)
        {
            return Report(exception);
        }
    }

    /// <summary>Notes what went wrong.</summary>
    public static Status Report(Exception exception)
    {
        Status status = StatusOf(exception);
        _message = status == Status.Internal ? $"{exception.GetType().Name}: {exception.Message}" : exception.Message;
        return status;
    }

    /// <summary>Notes what went wrong where there is no exception.</summary>
    public static Status Report(Status status, string message)
    {
        _message = message;
        return status;
    }

    private static Status StatusOf(Exception exception) => exception switch
    {
        HandleException => Status.InvalidHandle,
        UnavailableException => Status.Unavailable,
        ContextLengthException => Status.ContextLength,
        ModelNotFoundException or FileNotFoundException or DirectoryNotFoundException => Status.NotFound,
        ModelFormatException or UnsupportedModelException => Status.BadModel,
        OutOfDeviceMemoryException or OutOfMemoryException => Status.OutOfMemory,
        KernelCompileException => Status.CompileFailed,
        GpuFaultException or CudaException => Status.DeviceFault,
        WinnowException => Status.Failed,
        OperationCanceledException => Status.Cancelled,
        ObjectDisposedException => Status.Closed,
        InvalidOperationException => Status.InvalidState,
        ArgumentException or JsonException => Status.InvalidArgument,
        IOException or UnauthorizedAccessException => Status.Io,
        _ => Status.Internal,
    };
}
