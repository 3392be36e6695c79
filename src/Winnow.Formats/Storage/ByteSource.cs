using System;

namespace Winnow.Formats.Storage;

/// <summary>Bytes at 64-bit offsets: a mapped file, or memory in tests and in writers' checks.</summary>
internal abstract class ByteSource(string path, long length) : IDisposable
{
    /// <summary>The file, or a name to use in messages.</summary>
    public string Path { get; } = path;

    /// <summary>The number of bytes.</summary>
    public long Length { get; } = length;

    /// <summary>After how many bytes they repeat; 0 where they do not.</summary>
    public virtual int PeriodBytes => 0;

    /// <summary>Copies bytes; the range must lie inside the source.</summary>
    public void Read(long offset, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Length - destination.Length);
        Copy(offset, destination);
    }

    /// <summary>Releases the bytes; harmless when repeated.</summary>
    public abstract void Dispose();

    /// <summary>Copies a range that was checked.</summary>
    protected abstract void Copy(long offset, Span<byte> destination);
}
