using System;

namespace ManagedCuda
{
    /// <summary>A context of the package; this one belongs to the stub's only device.</summary>
    public sealed class CudaContext
    {
        public BasicTypes.CUcontext Context => new() { Pointer = 77 };

        public int DeviceId => 3;
    }
}

namespace ManagedCuda.BasicTypes
{
    public enum CUResult
    {
        Success = 0,
        ErrorInvalidValue = 1,
        ErrorOutOfMemory = 2,
        ErrorNotFound = 500,
        ErrorNotReady = 600,
        ErrorIllegalAddress = 700,
    }

    public enum CUDeviceAttribute
    {
        None,
    }

    public enum CUFunctionAttribute
    {
        None,
    }

    [Flags]
    public enum CUMemHostAllocFlags
    {
        None,
    }

    [Flags]
    public enum CUStreamFlags : uint
    {
        None,
    }

    [Flags]
    public enum CUEventFlags
    {
        None,
    }

    public enum CUstreamCaptureMode
    {
        None,
    }

    [Flags]
    public enum CUgraphInstantiate_flags : ulong
    {
        None,
    }

    public struct CUcontext
    {
        public IntPtr Pointer;
    }

    public struct CUdevice
    {
        public int Pointer;
    }

    public struct CUdeviceptr
    {
        public SizeT Pointer;
    }

    public struct CUmodule
    {
        public IntPtr Pointer;
    }

    public struct CUfunction
    {
        public IntPtr Pointer;
    }

    public struct CUstream
    {
        public IntPtr Pointer;
    }

    public struct CUevent
    {
        public IntPtr Pointer;
    }

    public struct CUgraph
    {
        public IntPtr Pointer;
    }

    public struct CUgraphExec
    {
        public IntPtr Pointer;
    }

    /// <summary>A number as wide as an address, with the package's conversions.</summary>
    public readonly struct SizeT(nuint value)
    {
        private readonly nuint _value = value;

        public static implicit operator SizeT(int value) => new((nuint)value);

        public static implicit operator SizeT(uint value) => new(value);

        public static implicit operator SizeT(long value) => new((nuint)value);

        public static implicit operator SizeT(ulong value) => new((nuint)value);

        public static implicit operator SizeT(IntPtr value) => new((nuint)value);

        public static implicit operator SizeT(UIntPtr value) => new(value);

        public static implicit operator int(SizeT value) => (int)value._value;

        public static implicit operator uint(SizeT value) => (uint)value._value;

        public static implicit operator long(SizeT value) => (long)value._value;

        public static implicit operator ulong(SizeT value) => value._value;

        public static implicit operator IntPtr(SizeT value) => (nint)value._value;

        public static implicit operator UIntPtr(SizeT value) => value._value;
    }
}
