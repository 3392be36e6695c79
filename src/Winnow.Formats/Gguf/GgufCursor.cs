using System;
using System.Buffers.Binary;
using Winnow.Formats.Storage;

namespace Winnow.Formats.Gguf;

/// <summary>Reads a GGUF header from front to back through a small window; the end of the file is a format error.</summary>
internal sealed class GgufCursor(ByteSource source)
{
    private const int WindowBytes = 64 * 1024;
    private readonly byte[] _window = new byte[Math.Min(WindowBytes, source.Length)];
    private long _windowStart;
    private int _windowLength;

    /// <summary>The offset of the next byte.</summary>
    public long Position { get; private set; }

    /// <summary>The bytes from <see cref="Position"/> to the end of the file.</summary>
    public long Remaining => source.Length - Position;

    /// <summary>What is being read, for messages: a key or a tensor's name.</summary>
    public string? Key { get; set; }

    public byte ReadByte(string what) => Take(1, what)[0];

    public uint ReadUInt32(string what) => BinaryPrimitives.ReadUInt32LittleEndian(Take(4, what));

    public ulong ReadUInt64(string what) => BinaryPrimitives.ReadUInt64LittleEndian(Take(8, what));

    /// <summary>Reads a 64-bit count or length that may be at most <paramref name="limit"/>.</summary>
    public long ReadCount(string what, long limit)
    {
        long start = Position;
        ulong count = ReadUInt64(what);
        if (count > (ulong)Math.Max(limit, 0))
        {
            throw Fail($"{what} is {count}, more than the {Math.Max(limit, 0)} that are possible here; the file is cut off or damaged", start);
        }

        return (long)count;
    }

    /// <summary>Copies bytes of which the caller has checked that they are in the file.</summary>
    public byte[] ReadBytes(long start, long count)
    {
        var bytes = new byte[count];
        source.Read(start, bytes);
        return bytes;
    }

    /// <summary>Moves over bytes.</summary>
    public void Skip(long count, string what)
    {
        if (count > Remaining)
        {
            throw EndsIn(what);
        }

        Position += count;
    }

    /// <summary>A format error at an offset, with the current key.</summary>
    public ModelFormatException Fail(string message, long offset) => new(message, source.Path, offset, Key);

    private ReadOnlySpan<byte> Take(int count, string what)
    {
        if (count > Remaining)
        {
            throw EndsIn(what);
        }

        if (Position < _windowStart || Position + count > _windowStart + _windowLength)
        {
            _windowStart = Position;
            _windowLength = (int)Math.Min(_window.Length, Remaining);
            source.Read(_windowStart, _window.AsSpan(0, _windowLength));
        }

        ReadOnlySpan<byte> taken = _window.AsSpan((int)(Position - _windowStart), count);
        Position += count;
        return taken;
    }

    private ModelFormatException EndsIn(string what) =>
        Fail($"the file ends inside {what}; it is cut off, download or convert it again", Position);
}
