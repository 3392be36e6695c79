using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>
/// Rows of weights interleaved in groups. Where a group's blocks begin stands, if the size of a row's block is not a number of dwords, the half of each row's that is left over;
/// then dword after dword of the blocks, each of every row. What a vector then holds are the same inputs of as many outputs, and memory is read from one end to the other.
/// Plain numbers are multiplied a row a vector: of those a cache line of each row follows the other.
/// </summary>
internal static unsafe class RowGroups
{
    /// <summary>Rows of a group of a block type.</summary>
    public const int Rows = 16;

    /// <summary>Bytes of a row of plain numbers, 16 bits each, that lie together.</summary>
    public const int LineBytes = 64;

    // By type in file order.
    private static readonly DType?[] Orders = FindOrders();

    /// <summary>The type of a matrix once it is arranged; null where there is no other order than the file's.</summary>
    /// <param name="type">A type in file order.</param>
    public static DType? Arranged(DType type) => Orders[(int)type];

    /// <summary>Interleaves blocks of a group of rows.</summary>
    /// <param name="type">The type that they get.</param>
    /// <param name="source">The first row's first block.</param>
    /// <param name="rowBytes">Bytes from row to row.</param>
    /// <param name="count">Rows that there are; for those that a group lacks the last one is taken again.</param>
    /// <param name="blocks">Blocks of each row.</param>
    /// <param name="group">As many bytes as the blocks of all rows.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Interleave(DType type, byte* source, nint rowBytes, int count, long blocks, byte* group)
    {
        int rows = type.GroupRows();
        int bytes = type.BlockBytes();
        (int half, int dwords, int head) = Parts(type, bytes);
        for (int row = 0; row < rows; row++)
        {
            byte* from = source + (Math.Min(row, count - 1) * rowBytes);
            byte* to = group;
            for (long block = 0; block < blocks; block++, from += bytes, to += rows * bytes)
            {
                if (rows != Rows)
                {
                    Vector512.Load(from).Store(to + (row * LineBytes));
                    continue;
                }

                if (head > 0)
                {
                    Unsafe.WriteUnaligned(to + (row * sizeof(ushort)), Unsafe.ReadUnaligned<ushort>(from + half));
                }

                byte* column = to + (Rows * head) + (row * sizeof(uint));
                for (int at = 0; at < bytes - head; at += sizeof(uint))
                {
                    Unsafe.WriteUnaligned(column + (Rows * at), Unsafe.ReadUnaligned<uint>(from + dwords + at));
                }
            }
        }
    }

    /// <summary>Takes blocks of one row out of a group again.</summary>
    /// <param name="type">The type of the group.</param>
    /// <param name="group">The group's first block.</param>
    /// <param name="row">Which of its rows.</param>
    /// <param name="blocks">How many blocks.</param>
    /// <param name="output">The row's blocks as in a file.</param>
    public static void TakeRow(DType type, byte* group, int row, long blocks, byte* output)
    {
        int rows = type.GroupRows();
        int bytes = type.BlockBytes();
        (int half, int dwords, int head) = Parts(type, bytes);
        for (long block = 0; block < blocks; block++, output += bytes, group += rows * bytes)
        {
            if (rows != Rows)
            {
                Vector512.Load(group + (row * LineBytes)).Store(output);
                continue;
            }

            if (head > 0)
            {
                Unsafe.WriteUnaligned(output + half, Unsafe.ReadUnaligned<ushort>(group + (row * sizeof(ushort))));
            }

            byte* column = group + (Rows * head) + (row * sizeof(uint));
            for (int at = 0; at < bytes - head; at += sizeof(uint))
            {
                Unsafe.WriteUnaligned(output + dwords + at, Unsafe.ReadUnaligned<uint>(column + (Rows * at)));
            }
        }
    }

    private static DType?[] FindOrders()
    {
        DType[] types = Enum.GetValues<DType>();
        var orders = new DType?[types.Length];
        foreach (DType type in types)
        {
            if (type.FileOrder() != type)
            {
                orders[(int)type.FileOrder()] = type;
            }
        }

        return orders;
    }

    // Where in a row's block the half lies that dwords leave over, where they begin, and how many bytes they leave. Q6_K ends with it, all others begin with it.
    private static (int Half, int Dwords, int Head) Parts(DType type, int bytes)
    {
        int head = bytes % sizeof(uint);
        return type.FileOrder() == DType.Q6_K ? (bytes - head, 0, head) : (0, head, head);
    }
}
