using System;
using System.Runtime.InteropServices;
using System.Text;

namespace Winnow.Native;

/// <summary>Reads what callers pass and fills the buffers that they own.</summary>
internal static unsafe class Memory
{
    /// <summary>As a length: the text ends with a zero byte.</summary>
    private static readonly nuint ZeroTerminated = nuint.MaxValue;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads UTF-8.</summary>
    /// <exception cref="ArgumentException">It is null though it has a length, or not UTF-8.</exception>
    public static string ReadText(byte* text, nuint length, string name)
    {
        ReadOnlySpan<byte> bytes = ReadBytes(text, length, name);
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException exception)
        {
            throw new ArgumentException($"{name} is not UTF-8: it goes wrong at byte {exception.Index}.");
        }
    }

    /// <summary>Reads UTF-8 that must not be empty.</summary>
    /// <exception cref="ArgumentException">It is empty or not UTF-8.</exception>
    public static string ReadName(byte* text, nuint length, string name)
    {
        string result = ReadText(text, length, name);
        return result.Length > 0 && !result.Contains('\0') ? result : throw new ArgumentException($"{name} must not be empty or hold a zero character.");
    }

    /// <summary>The values of an array.</summary>
    /// <exception cref="ArgumentException">It is null though it has a length, or too long.</exception>
    public static ReadOnlySpan<T> Read<T>(T* values, nuint count, string name)
        where T : unmanaged
    {
        if (values == null && count > 0)
        {
            throw new ArgumentException($"{name} is null, but its length is {count}.");
        }

        return count <= int.MaxValue
            ? new ReadOnlySpan<T>(values, (int)count)
            : throw new ArgumentException($"The length of {name}, {count}, is more than {int.MaxValue}.");
    }

    /// <summary>Refuses null.</summary>
    /// <exception cref="ArgumentException">It is null.</exception>
    public static void Need(void* pointer, string name)
    {
        if (pointer == null)
        {
            throw new ArgumentException($"{name} must not be null.");
        }
    }

    /// <summary>Refuses a structure that is null or smaller than what goes into it.</summary>
    /// <exception cref="ArgumentException">It is.</exception>
    public static void NeedStructure(void* structure, nuint given, int known, string name)
    {
        Need(structure, name);
        if (given < (nuint)known)
        {
            throw new ArgumentException($"{name}->struct_size is {given}; it must be sizeof *{name}, which is {known} or more.");
        }
    }

    /// <summary>Fills a buffer with text and a zero byte, or says how long the text is.</summary>
    public static Status WriteText(string text, byte* buffer, nuint size, nuint* length)
    {
        if (buffer == null && length == null)
        {
            throw new ArgumentException("buffer and length are both null: there is nowhere to put the result.");
        }

        var bytes = (nuint)Encoding.UTF8.GetByteCount(text);
        if (length != null)
        {
            *length = bytes;
        }

        if (buffer == null)
        {
            return size == 0 ? Status.Ok : throw new ArgumentException($"buffer is null, but its size is {size}.");
        }

        if (size <= bytes)
        {
            return TooSmall(bytes + 1, size, "bytes");
        }

        Encoding.UTF8.GetBytes(text, new Span<byte>(buffer, (int)bytes));
        buffer[bytes] = 0;
        return Status.Ok;
    }

    /// <summary>Fills an array, or says how many values there are.</summary>
    public static Status Write<T>(ReadOnlySpan<T> values, T* buffer, nuint capacity, nuint* count)
        where T : unmanaged
    {
        if (!FitsOrAsks(buffer, capacity, count, (nuint)values.Length, out Status status))
        {
            return status;
        }

        values.CopyTo(new Span<T>(buffer, values.Length));
        return Status.Ok;
    }

    /// <summary>Whether an array of the caller takes so many values; if not, what to return.</summary>
    public static bool FitsOrAsks(void* buffer, nuint capacity, nuint* count, nuint needed, out Status status)
    {
        if (buffer == null && count == null)
        {
            throw new ArgumentException("The array and the count are both null: there is nowhere to put the result.");
        }

        if (count != null)
        {
            *count = needed;
        }

        status = Status.Ok;
        if (buffer == null)
        {
            return capacity == 0 ? false : throw new ArgumentException($"The array is null, but its capacity is {capacity}.");
        }

        if (capacity < needed)
        {
            status = TooSmall(needed, capacity, "values");
        }

        return status == Status.Ok;
    }

    /// <summary>Says that a buffer is too small.</summary>
    public static Status TooSmall(nuint needed, nuint given, string unit) =>
        Failure.Report(Status.BufferTooSmall, $"The buffer has room for {given} {unit}; {needed} are needed.");

    private static ReadOnlySpan<byte> ReadBytes(byte* text, nuint length, string name)
    {
        if (length != ZeroTerminated)
        {
            return Read(text, length, name);
        }

        return text != null
            ? MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text)
            : throw new ArgumentException($"{name} is null.");
    }
}
