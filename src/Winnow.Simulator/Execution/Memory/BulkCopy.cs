using System;
using Winnow.Simulator.Execution.Control;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Execution.Memory;

/// <summary>A part of a bulk copy that is one piece on both sides.</summary>
/// <param name="Global">The address in global memory; 0 for zeros, or for nothing where the copy writes there.</param>
/// <param name="Shared">Where in shared memory.</param>
/// <param name="Bytes">How many bytes.</param>
internal readonly record struct CopyPiece(ulong Global, int Shared, int Bytes);

/// <summary>A bulk copy between global and shared memory, which one lane began.</summary>
/// <param name="source">The instruction.</param>
/// <param name="warp">The warp.</param>
/// <param name="lane">The lane.</param>
internal abstract unsafe class BulkCopy(PtxInstruction source, Warp warp, int lane) : ICopy
{
    /// <inheritdoc/>
    public Warp Warp => warp;

    /// <inheritdoc/>
    public PtxInstruction Source => source;

    /// <summary>The lane.</summary>
    public int Lane => lane;

    /// <summary>Its parts.</summary>
    public required CopyPiece[] Pieces { get; init; }

    /// <summary>Where its range of shared memory begins.</summary>
    public required int Offset { get; init; }

    /// <summary>How many bytes that has.</summary>
    public required int Bytes { get; init; }

    /// <inheritdoc/>
    public abstract void Finish(BlockRunner block);
}

/// <summary>One from global to shared memory, whose bytes an mbarrier waits for.</summary>
internal sealed unsafe class BulkLoad(PtxInstruction source, Warp warp, int lane, Mbarrier barrier) : BulkCopy(source, warp, lane)
{
    /// <inheritdoc/>
    public override void Finish(BlockRunner block)
    {
        block.Require(barrier, Warp, Lane);
        foreach (CopyPiece piece in Pieces)
        {
            Span<byte> target = new(block.Shared + piece.Shared, piece.Bytes);
            if (piece.Global == 0)
            {
                target.Clear();
            }
            else
            {
                new ReadOnlySpan<byte>((void*)piece.Global, piece.Bytes).CopyTo(target);
            }
        }

        block.EndCopy(barrier, Offset, Bytes, isGeneric: false);
        BlockRunner.AddTransactions(barrier, Warp, Lane, -Bytes);
        barrier.Unseen = this;
        barrier.UnseenPhase = barrier.Phase;
        block.AdvanceIfComplete(barrier);
    }
}

/// <summary>One from shared to global memory, which the lane waits for.</summary>
internal sealed unsafe class BulkStore(PtxInstruction source, Warp warp, int lane) : BulkCopy(source, warp, lane)
{
    private bool _isDone;

    /// <summary>Its group.</summary>
    public required int Group { get; init; }

    /// <inheritdoc/>
    public override void Finish(BlockRunner block)
    {
        foreach (CopyPiece piece in _isDone ? [] : Pieces)
        {
            if (piece.Global != 0)
            {
                new ReadOnlySpan<byte>(block.Shared + piece.Shared, piece.Bytes).CopyTo(new Span<byte>((void*)piece.Global, piece.Bytes));
                block.Find(piece.Global)!.MarkWritten(piece.Global, piece.Bytes);
            }
        }

        _isDone = true;
    }
}
