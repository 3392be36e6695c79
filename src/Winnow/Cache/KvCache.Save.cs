using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using Winnow.Cache.Policies;
using Winnow.Formats;
using Winnow.Kernels;
using Winnow.Kernels.Cache;

namespace Winnow.Cache;

public sealed partial class KvCache
{
    // "WKV2" in little-endian.
    private const int Magic = 0x32564B57;
    private const int PolicyFields = 3;
    private const int MostStateBytes = 1 << 30;
    private const int HeaderFields = 7;

    /// <summary>
    /// Writes a sequence's slots: a header, the counts, then positions, keys, values and attributes of each (layer, head), and last what its
    /// policy notes about it.
    /// </summary>
    /// <param name="sequence">The sequence; it is not changed.</param>
    /// <param name="destination">Where to; it is not closed.</param>
    public void Save(KvSequence sequence, Stream destination)
    {
        Check(sequence);
        ArgumentNullException.ThrowIfNull(destination);
        WriteInts(
            destination,
            [Magic, Options.Layers, Options.KvHeads, Options.HeadDim, (int)Options.Type, sequence.Length, Options.Attributes.Count]);
        WriteInts(destination, CountsOf(sequence.Row));
        byte[] buffer = new byte[RowBytes * PagedKv.PageSlots];
        for (int head = 0; head < _heads; head++)
        {
            int count = CountsOf(sequence.Row)[head];
            for (int page = 0; page < PagesFor(count); page++)
            {
                int slots = Math.Min(PagedKv.PageSlots, count - (page * PagedKv.PageSlots));
                foreach (Tensor tensor in PageParts(TableOf(sequence.Row, head)[page] - 1, slots))
                {
                    Span<byte> bytes = buffer.AsSpan(0, (int)tensor.Bytes);
                    _device.Download(tensor, bytes);
                    destination.Write(bytes);
                }
            }
        }

        byte[] state = StateOf(sequence);
        WriteInts(destination, [sequence.DecodeSteps, sequence.HasEvicted ? 1 : 0, state.Length]);
        destination.Write(state);
    }

    /// <summary>Reads what <see cref="Save"/> wrote into a new sequence.</summary>
    /// <param name="source">Where from; read exactly to the end of the sequence.</param>
    /// <param name="policy">What evicts its slots: the one it was saved with, with the same planes.</param>
    /// <returns>The sequence, or null where the pool has too few free pages.</returns>
    /// <exception cref="ModelFormatException">It is damaged, or of a cache with other dimensions.</exception>
    public KvSequence? Restore(Stream source, KvPolicy? policy = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        int[] header = ReadInts(source, HeaderFields);
        CheckHeader(header);
        int[] counts = ReadInts(source, _heads);
        int length = header[5];
        if (CheckCounts(counts, length) > _pool.FreeCount)
        {
            return null;
        }

        KvSequence sequence = CreateSequence(policy);
        try
        {
            ReadPages(sequence, counts, source);
            ReadState(sequence, source);
            CheckLength(sequence, length);
        }
        catch
        {
            Free(sequence);
            throw;
        }

        sequence.Length = length;
        return sequence;
    }

    /// <summary>What <see cref="Restore"/> will make of a saved sequence: its tokens, the pages it takes, and the most slots of a head. The stream stays where it is.</summary>
    /// <exception cref="ModelFormatException">It is damaged, or of a cache with other dimensions.</exception>
    internal (int Tokens, int Pages, int MostSlots) Measure(Stream source)
    {
        long start = source.Position;
        int[] header = ReadInts(source, HeaderFields);
        CheckHeader(header);
        int[] counts = ReadInts(source, _heads);
        int pages = CheckCounts(counts, header[5]);
        source.Position = start;
        return (header[5], pages, counts.Max());
    }

    private static byte[] StateOf(KvSequence sequence)
    {
        if (sequence.State is null)
        {
            return sequence.SavedState ?? [];
        }

        using var memory = new MemoryStream();
        using (var writer = new BinaryWriter(memory))
        {
            sequence.State.Save(writer);
        }

        return memory.ToArray();
    }

    private static void ReadState(KvSequence sequence, Stream source)
    {
        int[] fields = ReadInts(source, PolicyFields);
        if (fields[0] < 0 || fields[2] is < 0 or > MostStateBytes)
        {
            throw new ModelFormatException($"A saved policy state of {fields[2]} bytes after {fields[0]} steps is not possible; the file is damaged.");
        }

        byte[] state = new byte[fields[2]];
        ReadFully(source, state);
        (sequence.DecodeSteps, sequence.HasEvicted) = (fields[0], fields[1] != 0);
        sequence.SavedState = state.Length > 0 ? state : null;
    }

    private void CheckLength(KvSequence sequence, int length)
    {
        if (!sequence.HasEvicted && CountsOf(sequence.Row).ContainsAnyExcept(length))
        {
            throw new ModelFormatException($"The saved sequence has {length} tokens, of which none has left, but not that many slots; the file is damaged.");
        }
    }

    private int RowBytes => (int)Math.Max(sizeof(int), Options.Type.BytesOf(Options.HeadDim));

    private static void WriteInts(Stream destination, ReadOnlySpan<int> values)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        foreach (int value in values)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
            destination.Write(bytes);
        }
    }

    private static int[] ReadInts(Stream source, int count)
    {
        byte[] bytes = new byte[count * sizeof(int)];
        ReadFully(source, bytes);
        return MemoryMarshal.Cast<byte, int>(bytes).ToArray();
    }

    private static void ReadFully(Stream source, Span<byte> bytes)
    {
        if (source.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length)
        {
            throw new ModelFormatException("The saved sequence is cut off; save it again.");
        }
    }

    // Returns the pages of all heads.
    private int CheckCounts(ReadOnlySpan<int> counts, int length)
    {
        int pages = 0;
        foreach (int count in counts)
        {
            if (count < 0 || count > length)
            {
                throw new ModelFormatException($"A saved head counts {count} slots of {length} tokens; the file is damaged.");
            }

            if (count > Options.MaxTokens)
            {
                throw new ModelFormatException($"A saved head has {count} slots; this cache holds at most {Options.MaxTokens}.");
            }

            pages += PagesFor(count);
        }

        return pages;
    }

    private void CheckHeader(ReadOnlySpan<int> header)
    {
        if (header[0] != Magic)
        {
            throw new ModelFormatException("This is not a saved KV sequence.");
        }

        if (header[1] != Options.Layers || header[2] != Options.KvHeads || header[3] != Options.HeadDim || header[4] != (int)Options.Type)
        {
            throw new ModelFormatException(
                $"The sequence was saved from a cache of {header[1]} layers, {header[2]} KV heads of {header[3]} and type {header[4]}; " +
                $"this one has {Options.Layers}, {Options.KvHeads} of {Options.HeadDim} and type {(int)Options.Type} ({Options.Type}).");
        }

        if (header[6] != Options.Attributes.Count)
        {
            throw new ModelFormatException(
                $"The sequence was saved with {header[6]} attributes a slot; this cache keeps {Options.Attributes.Count}. Use the policy it was saved with.");
        }

        if (header[5] < 0)
        {
            throw new ModelFormatException($"The saved sequence has {header[5]} tokens; the file is damaged.");
        }
    }

    private void ReadPages(KvSequence sequence, ReadOnlySpan<int> counts, Stream source)
    {
        byte[] buffer = new byte[RowBytes * PagedKv.PageSlots];
        for (int head = 0; head < _heads; head++)
        {
            for (int page = 0; page < PagesFor(counts[head]); page++)
            {
                int slots = Math.Min(PagedKv.PageSlots, counts[head] - (page * PagedKv.PageSlots));
                int id = _pool.Take();
                SetPage(sequence.Row, head, page, id);
                foreach (Tensor tensor in PageParts(id, slots))
                {
                    Span<byte> bytes = buffer.AsSpan(0, (int)tensor.Bytes);
                    ReadFully(source, bytes);
                    _device.Upload<byte>(tensor, bytes);
                }
            }

            CountsOf(sequence.Row)[head] = counts[head];
        }

        UploadPages(sequence.Row);
        UploadCounts(sequence.Row);
    }

    private List<Tensor> PageParts(int page, int slots)
    {
        long first = (long)page * PagedKv.PageSlots;
        long rows = (long)Options.Pages * PagedKv.PageSlots;
        List<Tensor> parts =
        [
            _kv.Positions.Reshape(new Shape(rows)).Rows(first, slots),
            _kv.Keys.Reshape(new Shape(rows, Options.HeadDim)).Rows(first, slots),
            _kv.Values.Reshape(new Shape(rows, Options.HeadDim)).Rows(first, slots),
        ];
        foreach (string name in Options.Attributes)
        {
            parts.Add(Attribute(name).Reshape(new Shape(rows)).Rows(first, slots));
        }

        return parts;
    }
}
