using System;
using System.Buffers.Binary;
using System.IO;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Threading;
using System.Threading.Tasks;
using Winnow.Formats;

namespace Winnow.Engine;

/// <summary>
/// A saved session. Little-endian: magic "WNSESSN1", version, the model's fingerprint, the number of tokens, the bytes of keys and
/// values; the tokens; the keys and values as the cache writes them; the SHA-256 of everything before it.
/// </summary>
internal static class SessionFile
{
    private const int Version = 1;
    private const int HeaderBytes = 8 + sizeof(int) + ModelFingerprint.Bytes + sizeof(int) + sizeof(long);

    private static ReadOnlySpan<byte> Magic => "WNSESSN1"u8;

    /// <summary>Writes a session.</summary>
    public static async Task WriteAsync(
        Stream destination, byte[] fingerprint, int[] tokens, SegmentedStream pages, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] head = new byte[HeaderBytes + (tokens.Length * sizeof(int))];
        WriteHeader(head, fingerprint, tokens, pages.Length);
        await WriteAsync(head).ConfigureAwait(false);
        byte[] buffer = new byte[1 << 16];
        pages.Position = 0;
        for (int read; (read = pages.Read(buffer)) > 0;)
        {
            await WriteAsync(buffer.AsMemory(0, read)).ConfigureAwait(false);
        }

        await destination.WriteAsync(hash.GetHashAndReset(), cancellationToken).ConfigureAwait(false);

        async Task WriteAsync(ReadOnlyMemory<byte> bytes)
        {
            hash.AppendData(bytes.Span);
            await destination.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Reads a session and checks it whole before anything is done with it.</summary>
    /// <param name="source">Read exactly to the end of the session.</param>
    /// <param name="fingerprint">The fingerprint of the model.</param>
    /// <param name="contextTokens">The most tokens a session can have.</param>
    /// <param name="mostPageBytes">The most bytes that the keys and values of so many tokens can take.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="ModelFormatException">It is damaged, not a session, or of another model.</exception>
    /// <exception cref="ContextLengthException">The engine's context is shorter than the session.</exception>
    public static async Task<(int[] Tokens, SegmentedStream Pages)> ReadAsync(
        Stream source, byte[] fingerprint, int contextTokens, Func<int, long> mostPageBytes, CancellationToken cancellationToken)
    {
        string? path = (source as FileStream)?.Name;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] header = await ReadAsync(HeaderBytes).ConfigureAwait(false);
        (int count, long pageBytes) = ReadHeader(header, fingerprint, path);
        if (count > contextTokens)
        {
            throw new ContextLengthException(count, contextTokens, "Load the engine with the ContextTokens that the session was saved with.");
        }

        if (count < 0 || pageBytes < 0 || pageBytes > mostPageBytes(count))
        {
            throw new ModelFormatException($"{count} tokens and {pageBytes} bytes of keys and values contradict each other; save the session again.", path);
        }

        byte[] tokens = await ReadAsync(count * sizeof(int)).ConfigureAwait(false);
        var pages = new SegmentedStream();
        if (!await pages.TryFillAsync(source, pageBytes, cancellationToken).ConfigureAwait(false))
        {
            throw CutOff(path);
        }

        HashPages(hash, pages);
        byte[] expected = hash.GetHashAndReset();
        byte[] stored = await ReadAsync(expected.Length).ConfigureAwait(false);
        return stored.AsSpan().SequenceEqual(expected)
            ? (MemoryMarshal.Cast<byte, int>(tokens).ToArray(), pages)
            : throw new ModelFormatException("The saved session is damaged: its checksum does not match. Save it again.", path);

        async Task<byte[]> ReadAsync(int bytes)
        {
            byte[] buffer = new byte[bytes];
            int read = await source.ReadAtLeastAsync(buffer, bytes, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            hash.AppendData(buffer);
            return read == bytes ? buffer : throw CutOff(path);
        }
    }

    private static ModelFormatException CutOff(string? path) => new("The saved session is cut off; save it again.", path);

    private static void HashPages(IncrementalHash hash, SegmentedStream pages)
    {
        byte[] buffer = new byte[1 << 16];
        pages.Position = 0;
        for (int read; (read = pages.Read(buffer)) > 0;)
        {
            hash.AppendData(buffer.AsSpan(0, read));
        }
    }

    private static void WriteHeader(Span<byte> head, byte[] fingerprint, int[] tokens, long pageBytes)
    {
        Magic.CopyTo(head);
        BinaryPrimitives.WriteInt32LittleEndian(head[8..], Version);
        fingerprint.CopyTo(head[12..]);
        Span<byte> rest = head[(12 + ModelFingerprint.Bytes)..];
        BinaryPrimitives.WriteInt32LittleEndian(rest, tokens.Length);
        BinaryPrimitives.WriteInt64LittleEndian(rest[sizeof(int)..], pageBytes);
        MemoryMarshal.AsBytes<int>(tokens).CopyTo(head[HeaderBytes..]);
    }

    private static (int Tokens, long PageBytes) ReadHeader(ReadOnlySpan<byte> header, byte[] fingerprint, string? path)
    {
        if (!header[..8].SequenceEqual(Magic))
        {
            throw new ModelFormatException("This is not a saved session.", path, 0);
        }

        int version = BinaryPrimitives.ReadInt32LittleEndian(header[8..]);
        if (version != Version)
        {
            throw new ModelFormatException($"The session was saved in version {version} of the format; this is version {Version}. Save it again.", path, 8);
        }

        if (!header.Slice(12, ModelFingerprint.Bytes).SequenceEqual(fingerprint))
        {
            throw new ModelFormatException("The session was saved with another model; load that one to continue it.", path, 12);
        }

        ReadOnlySpan<byte> rest = header[(12 + ModelFingerprint.Bytes)..];
        return (BinaryPrimitives.ReadInt32LittleEndian(rest), BinaryPrimitives.ReadInt64LittleEndian(rest[sizeof(int)..]));
    }
}
