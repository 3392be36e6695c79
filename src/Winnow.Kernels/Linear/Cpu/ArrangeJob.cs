using System;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>Interleaves the rows of a matrix in place, an item for each group; rows that fill none stay as they are.</summary>
internal unsafe struct ArrangeJob : IWork
{
    // What they become.
    public DType Type;
    public byte* Weight;
    public nint RowBytes;
    public byte* Scratch;
    public nint ScratchBytes;

    /// <inheritdoc/>
    public readonly void Execute(int item, int worker)
    {
        int rows = Type.GroupRows();
        nint bytes = rows * RowBytes;
        byte* group = Weight + (item * bytes);
        byte* copy = Scratch + (worker * ScratchBytes);
        Buffer.MemoryCopy(group, copy, bytes, bytes);
        RowGroups.Interleave(Type, copy, RowBytes, rows, RowBytes / Type.BlockBytes(), group);
    }
}
