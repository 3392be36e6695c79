using System;
using System.IO;
using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;

namespace Winnow.Formats.Storage;

/// <summary>A whole file mapped read-only.</summary>
/// <remarks>Each copy holds a reference on the mapping, so disposing during a copy on another thread cannot unmap under it.</remarks>
internal sealed unsafe class MappedByteSource : ByteSource
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly SafeMemoryMappedViewHandle _handle;

    private MappedByteSource(string path, long length, MemoryMappedFile file, MemoryMappedViewAccessor view)
        : base(path, length)
    {
        _file = file;
        _view = view;
        _handle = view.SafeMemoryMappedViewHandle;
    }

    /// <summary>Maps a file after checking that it exists, is a file and is not empty.</summary>
    public static MappedByteSource Open(string path)
    {
        CheckBeforeOpening(path);
        try
        {
            // A writer may still hold the file (a download in progress); the header's checks then say that it is cut off.
            var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1);
            using var pending = new PendingDispose(stream);
            long length = stream.Length;
            MemoryMappedFile file = pending.Add(MemoryMappedFile.CreateFromFile(
                stream, null, length, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false));
            MemoryMappedViewAccessor view = pending.Add(file.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read));
            pending.Release();
            return new MappedByteSource(path, length, file, view);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new ModelFormatException($"cannot be opened ({e.Message}); check its permissions and that it is an ordinary file",
                path, innerException: e);
        }
    }

    public override void Dispose()
    {
        _view.Dispose();
        _file.Dispose();
    }

    protected override void Copy(long offset, Span<byte> destination)
    {
        byte* start = null;
        _handle.AcquirePointer(ref start);
        try
        {
            new ReadOnlySpan<byte>(start + (nuint)_view.PointerOffset + (nuint)offset, destination.Length).CopyTo(destination);
        }
        finally
        {
            _handle.ReleasePointer();
        }
    }

    // Opening a pipe or a device could block for ever; both have length 0, so the length is asked before.
    private static void CheckBeforeOpening(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path))
        {
            throw new ModelFormatException("is a directory; name the model file in it", path);
        }

        FileSystemInfo file = new FileInfo(path);
        try
        {
            file = file.LinkTarget is null ? file : file.ResolveLinkTarget(returnFinalTarget: true) ?? file;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelFormatException($"is a link that leads nowhere ({e.Message})", path, innerException: e);
        }

        if (!file.Exists)
        {
            throw new ModelFormatException("does not exist; check the path", path);
        }

        if (file is FileInfo { Length: 0 })
        {
            throw new ModelFormatException("is empty; download or convert the model again", path, 0);
        }
    }
}
