using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using System.Threading.Tasks;

namespace Winnow.Engine;

/// <summary>Memory as a stream, in pieces of one MiB: sessions may be larger than one array, and reading a file never takes more memory than it has bytes.</summary>
internal sealed class SegmentedStream : Stream
{
    private const int SegmentBytes = 1 << 20;

    private readonly List<byte[]> _segments = [];
    private long _length;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => true;

    public override long Length => _length;

    public override long Position { get; set; }

    /// <summary>Copies a number of bytes from another stream.</summary>
    /// <returns>False where the other one ends before.</returns>
    public async Task<bool> TryFillAsync(Stream source, long bytes, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[(int)Math.Min(SegmentBytes, bytes)];
        for (long done = 0; done < bytes;)
        {
            Memory<byte> part = buffer.AsMemory(0, (int)Math.Min(buffer.Length, bytes - done));
            int read = await source.ReadAsync(part, cancellationToken).ConfigureAwait(false);
            if (read == 0)
            {
                return false;
            }

            Write(part.Span[..read]);
            done += read;
        }

        return true;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        int total = 0;
        while (total < buffer.Length && Position < _length)
        {
            Span<byte> part = Rest(Position);
            part = part[..(int)Math.Min(part.Length, Math.Min(buffer.Length - total, _length - Position))];
            part.CopyTo(buffer[total..]);
            total += part.Length;
            Position += part.Length;
        }

        return total;
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            if (Position == (long)_segments.Count * SegmentBytes)
            {
                _segments.Add(new byte[SegmentBytes]);
            }

            Span<byte> part = Rest(Position);
            int bytes = Math.Min(part.Length, buffer.Length);
            buffer[..bytes].CopyTo(part);
            buffer = buffer[bytes..];
            Position += bytes;
            _length = Math.Max(_length, Position);
        }
    }

    public override void Flush()
    {
        // Memory has nothing to flush.
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("Set the position instead.");

    public override void SetLength(long value) => throw new NotSupportedException("The stream grows by writing.");

    private Span<byte> Rest(long position) =>
        _segments[(int)(position / SegmentBytes)].AsSpan((int)(position % SegmentBytes));
}
