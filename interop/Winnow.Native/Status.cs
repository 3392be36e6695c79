namespace Winnow.Native;

/// <summary>What every function returns; <c>winnow_status</c> in winnow.h, which says what each value means.</summary>
internal enum Status
{
    Ok = 0,
    End = 1,
    InvalidHandle = 2,
    InvalidArgument = 3,
    BufferTooSmall = 4,
    NotFound = 5,
    BadModel = 6,
    ContextLength = 7,
    OutOfMemory = 8,
    Cancelled = 9,
    InvalidState = 10,
    Closed = 11,
    Io = 12,
    Unavailable = 13,
    CompileFailed = 14,
    DeviceFault = 15,
    Failed = 16,
    Internal = 17,
}
