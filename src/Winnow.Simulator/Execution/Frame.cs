using System;
using System.Runtime.InteropServices;
using Winnow.Simulator.Execution.Control;
using Winnow.Simulator.Profiling;

namespace Winnow.Simulator.Execution;

/// <summary>One call of a function by some lanes of a warp: its registers, and where its local memory begins.</summary>
internal sealed unsafe class Frame : IDisposable
{
    private byte* _registers;
    private int _capacity;

    /// <summary>The function.</summary>
    public FunctionCode Code { get; private set; } = null!;

    /// <summary>Its registers.</summary>
    public byte* Registers => _registers;

    /// <summary>When each register is there, clocks; empty where nothing is counted.</summary>
    public PathTime[] Ready { get; private set; } = [];

    /// <summary>What is known about registers that products use; null where the function has none.</summary>
    public ProductRegisters? Products { get; private set; }

    /// <summary>The call that called it; null for the kernel.</summary>
    public Frame? Parent { get; set; }

    /// <summary>Calls around it.</summary>
    public int Depth { get; set; }

    /// <summary>Where its local memory begins in that of each lane.</summary>
    public int LocalBase { get; set; }

    /// <summary>Where <see cref="Parent"/> goes on.</summary>
    public int ReturnTo { get; set; }

    /// <summary>Where the result goes: a place in <see cref="Parent"/>'s local memory; below 0 where it is dropped.</summary>
    public int ResultAt { get; set; }

    /// <summary>The lanes that have not returned.</summary>
    public uint Lanes { get; set; }

    /// <summary>Makes it a new call: registers undefined (zero where that is checked), constants and special registers in place.</summary>
    /// <param name="code">The function.</param>
    /// <param name="warp">The warp that calls it.</param>
    public void Begin(FunctionCode code, Warp warp)
    {
        // Without checks registers keep what the last block left there; constants are in place then.
        Products = !code.HasProducts ? null : Code == code ? Products : new ProductRegisters(code.Template.Length);
        Products?.Clear();
        if (warp.Flow is not null)
        {
            int registers = code.FlowBy(warp.Block.Launch.Latencies, warp.Block.Launch.IsAssembled).Registers;
            Ready = Ready.Length == registers ? Ready : new PathTime[registers];
            Array.Clear(Ready);
        }

        bool isReady = Code == code && !warp.Block.Launch.Checks;
        Code = code;
        if (code.Template.Length > _capacity)
        {
            NativeMemory.AlignedFree(_registers);
            _capacity = code.Template.Length;
            _registers = (byte*)NativeMemory.AlignedAlloc((nuint)_capacity, 64);
        }

        if (!isReady)
        {
            code.Template.CopyTo(new Span<byte>(_registers, code.Template.Length));
        }

        foreach (SpecialRegister special in code.Specials)
        {
            SpecialRegisters.Fill(special, warp, _registers + special.Offset);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.AlignedFree(_registers);
        _registers = null;
    }
}
