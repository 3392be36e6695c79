using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using Winnow.Simulator.Execution.Memory;
using Winnow.Simulator.Profiling;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Execution;

/// <summary>32 lanes: their registers and where they are. All registers lie in one block of native memory, aligned to 64 bytes.</summary>
/// <remarks>
/// Lanes that a branch parts become splits, and the one that is deepest in calls and then at the lowest place goes on until it comes to where
/// another one is, or to where all ways from that branch meet: there the first let the others come, and they are one again. Lanes that must come together (the members of a
/// shuffle, a whole warp at a barrier) wait for the rest as splits too, so nothing depends on how a compiler lays out its code.
/// </remarks>
internal sealed unsafe partial class Warp : IDisposable
{
    /// <summary>The lanes of a warp.</summary>
    public const int Lanes = 32;

    /// <summary>The register file; see <see cref="IRegisterMap"/> for its layout.</summary>
    public byte* Registers;

    /// <summary>The lanes that execute.</summary>
    public uint Active;

    /// <summary>The next instruction; while one executes, the one after it.</summary>
    public int Pc;

    private readonly List<Split> _splits = [];
    private readonly Stack<Split> _unused = [];
    private Split? _current;
    private Step[] _steps = [];
    private int _limit;
    private bool _isYielding;

    private readonly BlockRunner? _block;

    /// <param name="block">The block it belongs to; null for a warp that has registers and nothing else.</param>
    /// <param name="index">Its number in the block.</param>
    public Warp(BlockRunner? block = null, int index = 0)
    {
        (_block, Index, Rank) = (block, index, block?.Rank ?? 0);
        Party = WarpClocks.PartyOf(Rank, index);
        Addresses = (ulong*)NativeMemory.AlignedAlloc(Lanes * sizeof(ulong), 64);
    }

    /// <summary>The block it belongs to.</summary>
    public BlockRunner Block => _block!;

    /// <summary>Its number in the block.</summary>
    public int Index { get; }

    /// <summary>The rank of its block in the cluster.</summary>
    public int Rank { get; }

    /// <summary>The party of the cluster's clocks that it is.</summary>
    public int Party { get; }

    /// <summary>Scratch of one instruction: an address for each lane.</summary>
    public ulong* Addresses { get; private set; }

    /// <summary>The lanes that are threads of the block and have not ended.</summary>
    public uint Live { get; private set; }

    /// <summary>The call that the executing lanes are in.</summary>
    public Frame Frame => _current!.Frame;

    /// <summary>True where no lane can go on by itself.</summary>
    public bool IsBlocked { get; private set; }

    /// <summary>The registers of each of its threads, as <c>setmaxnreg</c> has it.</summary>
    public int RegisterCount { get; set; }

    /// <summary>What changed them last; null where nothing did.</summary>
    public PtxInstruction? RegisterChange { get; set; }

    /// <summary>Whether the lanes that execute wait for others before they do what they were about to do.</summary>
    public bool IsToRepeat => _current!.State == SplitState.WaitsForLanes;

    /// <summary>The place of a lane's thread in its block.</summary>
    public (int X, int Y, int Z) ThreadOf(int lane)
    {
        int thread = (Index * Lanes) + lane;
        (int width, int height) = (Block.Launch.Shape.BlockX, Block.Launch.Shape.BlockY);
        return (thread % width, thread / width % height, thread / (width * height));
    }

    /// <summary>When it does what; null where nothing is counted.</summary>
    public WarpFlow? Flow { get; set; }

    /// <summary>Whether the present instruction lets other warps go first, because what it looks for has not come.</summary>
    public bool IsYielding => _isYielding;

    /// <summary>Puts all lanes at the beginning of the kernel.</summary>
    /// <param name="lanes">Those that are threads of the block.</param>
    public void Start(uint lanes)
    {
        foreach (Split split in _splits)
        {
            _unused.Push(split);
        }

        _splits.Clear();
        _current = null;
        ReturnFrames();
        (Live, IsBlocked, Carry) = (lanes, false, 0);
        Frame kernel = TakeFrame(Block.Launch.Program.Kernel);
        (kernel.Parent, kernel.Depth, kernel.LocalBase, kernel.Lanes) = (null, 0, 0, lanes);
        StartMemory(lanes);
        Flow?.Start();
        Split first = NewSplit(0, lanes, kernel);
        _splits.Add(first);
        Resume(first);
    }

    /// <summary>Executes until the lanes must wait, have ended, or have done their share.</summary>
    /// <param name="share">How many instructions; more than 0.</param>
    /// <returns>How many were left over.</returns>
    public int Run(int share) => Block.Counters is null ? Run<NoCounting>(share) : Run<Counting>(share);

    private int Run<TCounting>(int share)
        where TCounting : struct, ICounting
    {
        if (_current is null && !Reselect())
        {
            return share;
        }

        while (true)
        {
            int pc = Pc;
            Step[] steps = _steps;
            Frame frame = _current!.Frame;
            byte* registers = Registers;
            uint active = Active;
            do
            {
                ref Step step = ref steps[pc];
                uint lanes = active & (*(uint*)(registers + step.Guard) ^ step.Flip);
                Pc = pc + 1;
                if (lanes != 0)
                {
                    step.Operation.Execute(this, lanes);
                }

                TCounting.Count(this, frame, pc, lanes);
                pc = Pc;
                share--;
            }
            while (pc < _limit && share > 0);

            if ((pc >= _limit && !Reselect()) || share <= 0 || _isYielding)
            {
                _isYielding = false;
                return share;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.AlignedFree(Addresses);
        Addresses = null;
        DisposeMemory();
        _frames.ForEach(frame => frame.Dispose());
        _frames.Clear();
    }

    private Split NewSplit(int pc, uint lanes, Frame frame)
    {
        Split split = _unused.TryPop(out Split? old) ? old : new Split();
        (split.Pc, split.Lanes, split.Frame, split.State, split.IsPatient) = (pc, lanes, frame, SplitState.Ready, false);
        split.Join = _current?.Join;
        return split;
    }

    private void Drop(Split split)
    {
        _splits.Remove(split);
        _unused.Push(split);
    }

    /// <summary>Lets a split be the one that executes.</summary>
    private void Resume(Split split)
    {
        _current = split;
        (Pc, Active, _steps) = (split.Pc, split.Lanes, split.Frame.Code.Steps);
        Registers = split.Frame.Registers;
        _limit = _splits.Count == 1 ? int.MaxValue : LimitOf(split);
    }

    private int LimitOf(Split split)
    {
        int limit = split.Join is { } join && join.Frame == split.Frame && join.Pc > split.Pc ? join.Pc : int.MaxValue;
        foreach (Split other in _splits)
        {
            if (other != split && other.Frame == split.Frame && other.Pc > split.Pc && other.State != SplitState.WaitsForBarrier)
            {
                limit = Math.Min(limit, other.Pc);
            }
        }

        return limit;
    }
}
