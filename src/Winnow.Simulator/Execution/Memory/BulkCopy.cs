using System;
using Winnow.Simulator.Execution.Control;
using Winnow.Simulator.Profiling;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Execution.Memory;

/// <summary>A part of a bulk copy that is one piece on both sides.</summary>
/// <param name="Global">The address in global memory; 0 for zeros, or for nothing where the copy writes there.</param>
/// <param name="Shared">Where in shared memory.</param>
/// <param name="Bytes">How many bytes.</param>
internal readonly record struct CopyPiece(ulong Global, int Shared, int Bytes);

/// <summary>Who began a copy.</summary>
/// <param name="Instruction">The instruction.</param>
/// <param name="Warp">The warp.</param>
/// <param name="Lane">The lane.</param>
internal sealed record BulkSource(PtxInstruction Instruction, Warp Warp, int Lane);

/// <summary>A copy that runs beside the warps and ends by itself.</summary>
/// <param name="source">Who began it.</param>
internal abstract class BulkCopy(BulkSource source) : ICopy
{
    /// <inheritdoc/>
    public Warp Warp => source.Warp;

    /// <inheritdoc/>
    public PtxInstruction Source => source.Instruction;

    /// <summary>The lane.</summary>
    public int Lane => source.Lane;

    /// <summary>Where its range of the shared memory begins that it writes, or of the one that it reads where it writes none.</summary>
    public required int Offset { get; init; }

    /// <summary>How many bytes that has.</summary>
    public required int Bytes { get; init; }

    /// <inheritdoc/>
    public abstract void Finish(BlockRunner block);
}

/// <summary>One to shared memory, of any block of the cluster, whose bytes an mbarrier of that block waits for.</summary>
internal abstract class ArrivingCopy(BulkSource source, Mbarrier barrier) : BulkCopy(source)
{
    /// <summary>When its bytes come, where that is counted.</summary>
    public required PathTime Arrival { get; init; }

    /// <inheritdoc/>
    public override void Finish(BlockRunner block)
    {
        BlockRunner target = barrier.Block;
        target.Require(barrier, Warp, Lane);
        if (target != block && target.HasEnded)
        {
            string problem = $"block {target.Rank} of the cluster has ended, whose shared memory the copy writes to: nobody waited there for it";
            throw Warp.Fault(FaultKinds.MissingWait, Lane, problem);
        }

        Write(target);
        End(block, target.EndCopy(barrier, Offset, Bytes, IsGeneric));
        BlockRunner.AddTransactions(barrier, Warp, Lane, -Bytes);
        barrier.Unseen = this;
        barrier.UnseenPhase = barrier.Phase;
        barrier.Come(Arrival);
        target.AdvanceIfComplete(barrier);
    }

    /// <summary>Whether the async proxy does not see by itself what it writes.</summary>
    protected virtual bool IsGeneric => false;

    /// <summary>Writes the bytes.</summary>
    protected abstract void Write(BlockRunner target);

    /// <summary>It is over; what it read may change from here on.</summary>
    /// <param name="block">The block that began it.</param>
    /// <param name="stamp">The stamp of its end.</param>
    protected virtual void End(BlockRunner block, uint stamp)
    {
    }
}

/// <summary>One from global to shared memory.</summary>
internal sealed unsafe class BulkLoad(BulkSource source, Mbarrier barrier) : ArrivingCopy(source, barrier)
{
    /// <summary>Its parts.</summary>
    public required CopyPiece[] Pieces { get; init; }

    /// <inheritdoc/>
    protected override void Write(BlockRunner target)
    {
        foreach (CopyPiece piece in Pieces)
        {
            Span<byte> bytes = new(target.Shared + piece.Shared, piece.Bytes);
            if (piece.Global == 0)
            {
                bytes.Clear();
            }
            else
            {
                new ReadOnlySpan<byte>((void*)piece.Global, piece.Bytes).CopyTo(bytes);
            }
        }
    }
}

/// <summary>One from the block's shared memory to that of a block of the cluster.</summary>
internal sealed unsafe class BlockCopy(BulkSource source, Mbarrier barrier) : ArrivingCopy(source, barrier)
{
    /// <summary>Where it comes from.</summary>
    public required int From { get; init; }

    /// <inheritdoc/>
    protected override void Write(BlockRunner target)
    {
        if (Warp.Block.HasEnded)
        {
            throw Warp.Fault(FaultKinds.AbsentBlock, Lane, "the block has ended, whose shared memory the copy still reads: nothing makes it wait for that");
        }

        new ReadOnlySpan<byte>(Warp.Block.Shared + From, Bytes).CopyTo(new Span<byte>(target.Shared + Offset, Bytes));
    }

    /// <inheritdoc/>
    protected override void End(BlockRunner block, uint stamp) => block.EndCopyOut(this, stamp);
}

/// <summary>A store to shared memory of a block of the cluster: <c>st.async</c>.</summary>
internal sealed unsafe class AsyncStore(BulkSource source, Mbarrier barrier, byte[] data) : ArrivingCopy(source, barrier)
{
    /// <inheritdoc/>
    protected override bool IsGeneric => true;

    /// <inheritdoc/>
    protected override void Write(BlockRunner target) => data.CopyTo(new Span<byte>(target.Shared + Offset, Bytes));
}

/// <summary>One from shared to global memory, which the lane waits for.</summary>
internal sealed unsafe class BulkStore(BulkSource source) : BulkCopy(source)
{
    private bool _isDone;

    /// <summary>Its parts.</summary>
    public required CopyPiece[] Pieces { get; init; }

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
