using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using Winnow.Gpu;

namespace Winnow.Simulator.Execution.Memory;

/// <summary>A tensor map as the simulator encodes it: 128 bytes that mean something to nobody else.</summary>
internal sealed class TensorMap
{
    private const ulong Mark = 0x70616D5F776E6E57;
    private const int MostDimensions = 5;
    private const int Chunk = BulkSize.Step;

    private readonly ulong _address;
    private readonly int _elementBytes;
    private readonly int _swizzle;
    private readonly long[] _dimensions;
    private readonly long[] _strides;
    private readonly int[] _box;

    private TensorMap(ReadOnlySpan<ulong> words)
    {
        _address = words[1];
        Rank = (int)(words[2] & 0xFF);
        _elementBytes = (int)(words[2] >> 8 & 0xFF);
        _swizzle = (int)(words[2] >> 16 & 0xFF);
        (_dimensions, _strides, _box) = (new long[Rank], new long[Rank], new int[Rank]);
        for (int i = 0; i < Rank; i++)
        {
            _box[i] = (int)(words[3 + (i / 4)] >> (i % 4 * 16) & 0xFFFF);
            _dimensions[i] = (long)words[5 + i];
            _strides[i] = i == 0 ? _elementBytes : (long)words[9 + i];
        }
    }

    /// <summary>Its dimensions.</summary>
    public int Rank { get; }

    /// <summary>Bytes of a box.</summary>
    public int BoxBytes => RowBytes * Rows;

    private int RowBytes => _box[0] * _elementBytes;

    private int Rows
    {
        get
        {
            int rows = 1;
            foreach (int count in _box.AsSpan(1))
            {
                rows *= count;
            }

            return rows;
        }
    }

    /// <summary>Encodes a map.</summary>
    public static void Encode(TensorMapShape shape, Span<byte> map)
    {
        Span<ulong> words = MemoryMarshal.Cast<byte, ulong>(map[..TensorMapShape.EncodedBytes]);
        words.Clear();
        words[0] = Mark;
        words[1] = (ulong)shape.Address;
        words[2] = (uint)(shape.Dimensions.Length | (shape.ElementBytes << 8) | ((int)shape.Swizzle << 16));
        for (int i = 0; i < shape.Dimensions.Length; i++)
        {
            words[3 + (i / 4)] |= (ulong)shape.Box[i] << (i % 4 * 16);
            words[5 + i] = (ulong)shape.Dimensions[i];
        }

        for (int i = 0; i < shape.Strides.Length; i++)
        {
            words[10 + i] = (ulong)shape.Strides[i];
        }
    }

    /// <summary>Reads a map; null where there is none.</summary>
    public static TensorMap? Read(ReadOnlySpan<byte> map)
    {
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(map);
        return words[0] == Mark && (words[2] & 0xFF) is >= 1 and <= MostDimensions ? new TensorMap(words) : null;
    }

    /// <summary>From the begin of a row of the array to that of a row of the box, in bytes.</summary>
    /// <param name="coordinates">Where the box begins, innermost first; may be below 0.</param>
    public long FirstByte(ReadOnlySpan<int> coordinates) => coordinates[0] * (long)_elementBytes;

    /// <summary>The parts of a copy of a box: what is beyond the array has no address.</summary>
    /// <param name="coordinates">Where the box begins, innermost first; may be below 0.</param>
    /// <param name="offset">Where it lies in shared memory.</param>
    public CopyPiece[] Pieces(ReadOnlySpan<int> coordinates, int offset)
    {
        List<CopyPiece> pieces = [];
        for (int row = 0; row < Rows; row++)
        {
            ulong address = RowAddress(coordinates, row, out bool isInside);
            long first = FirstByte(coordinates);
            long last = _dimensions[0] * _elementBytes;
            int low = isInside ? (int)Math.Clamp(-first, 0, RowBytes) : RowBytes;
            int high = (int)Math.Clamp(last - first, low, RowBytes);
            for (int at = 0; at < RowBytes; at += Chunk)
            {
                int place = Swizzle(offset + (row * RowBytes) + at);
                Add(pieces, 0, place, 0, Math.Clamp(low - at, 0, Chunk));
                Add(pieces, address + (ulong)(first + at), place, Math.Clamp(low - at, 0, Chunk), Math.Clamp(high - at, 0, Chunk));
                Add(pieces, 0, place, Math.Max(Math.Clamp(low - at, 0, Chunk), Math.Clamp(high - at, 0, Chunk)), Chunk);
            }
        }

        return [.. pieces];
    }

    /// <summary>Adds a part of 16 bytes; one that goes on where the last one ends becomes part of it.</summary>
    private static void Add(List<CopyPiece> pieces, ulong global, int shared, int from, int to)
    {
        if (from >= to)
        {
            return;
        }

        CopyPiece piece = new(global == 0 ? 0 : global + (ulong)from, shared + from, to - from);
        CopyPiece last = pieces.Count > 0 ? pieces[^1] : default;
        bool goesOn = last.Bytes > 0 && last.Shared + last.Bytes == piece.Shared
            && (piece.Global == 0 ? last.Global == 0 : last.Global != 0 && last.Global + (ulong)last.Bytes == piece.Global);
        if (goesOn)
        {
            pieces[^1] = last with { Bytes = last.Bytes + piece.Bytes };
        }
        else
        {
            pieces.Add(piece);
        }
    }

    private ulong RowAddress(ReadOnlySpan<int> coordinates, int row, out bool isInside)
    {
        isInside = true;
        long address = (long)_address;
        for (int i = 1; i < Rank; i++)
        {
            long place = coordinates[i] + (long)(row % _box[i]);
            row /= _box[i];
            isInside &= place >= 0 && place < _dimensions[i];
            address += place * _strides[i];
        }

        return (ulong)address;
    }

    /// <summary>Exchanges pieces of 16 bytes by the number of the 128 bytes that they are in, as bits of the address.</summary>
    private int Swizzle(int place) => place ^ ((place >> 7 & ((1 << _swizzle) - 1)) << 4);
}
