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

    /// <summary>The objects that the call in progress was given: few calls take more than one, and none more than two.</summary>
    [ThreadStatic]
    private static (ulong First, ulong Second) _given;

    /// <summary>The message of the last call of this thread that failed.</summary>
    public static string Message => _message ?? "";

    /// <summary>Runs the body of an exported function.</summary>
    public static Status Guard(Func<Status> body)
    {
        (ulong, ulong) outer = Enter();
        try
        {
            return body();
        }
        catch (Exception exception)
        {
            return Report(exception);
        }
        finally
        {
            Leave(outer);
        }
    }

    /// <summary>Sets this thread's message to what it was.</summary>
    public static void Restore(string message) => _message = message;

    /// <summary>Begins a call, which may be one out of a callback of another call.</summary>
    public static (ulong First, ulong Second) Enter()
    {
        (ulong, ulong) outer = _given;
        _given = default;
        return outer;
    }

    /// <summary>Ends a call.</summary>
    public static void Leave((ulong First, ulong Second) outer) => _given = outer;

    /// <summary>Notes that the call in progress was given an object: a message of its failure is that object's, too.</summary>
    public static void Note(ulong handle) => _given = (handle, _given.First);

    /// <summary>Notes what went wrong.</summary>
    public static Status Report(Exception exception)
    {
        Status status = StatusOf(exception);
        return Report(status, status == Status.Internal ? $"{exception.GetType().Name}: {exception.Message}" : exception.Message);
    }

    /// <summary>Notes what went wrong where there is no exception.</summary>
    public static Status Report(Status status, string message)
    {
        _message = message;
        Handles.Tell(_given.First, message);
        Handles.Tell(_given.Second, message);
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
