using System;
using Winnow.Formats.Storage;

namespace Winnow.Formats.Tests;

/// <summary>A file's bytes held in memory.</summary>
internal sealed class MemoryByteSource(string path, ReadOnlyMemory<byte> bytes) : ByteSource(path, bytes.Length)
{
    private readonly ReadOnlyMemory<byte> _bytes = bytes;
    private bool _disposed;

    public override void Dispose() => _disposed = true;

    protected override void Copy(long offset, Span<byte> destination)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _bytes.Span.Slice((int)offset, destination.Length).CopyTo(destination);
    }
}
