using System;

namespace Winnow.Simulator.Execution.Control;

/// <summary>
/// What is known about the registers of a call that products of warpgroups use: which a product still reads or writes, and which were written since the last
/// <c>wgmma.fence</c>. Registers are known by their place in the register file.
/// </summary>
internal sealed class ProductRegisters
{
    private const int PlaceShift = 6;

    private readonly int[] _groups;
    private readonly int[] _writes;

    /// <param name="bytes">The size of the register file.</param>
    public ProductRegisters(int bytes)
    {
        _groups = new int[bytes >> PlaceShift];
        _writes = new int[bytes >> PlaceShift];
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        Array.Clear(_groups);
        Array.Clear(_writes);
    }

    /// <summary>Whether a product that nobody waited for writes a register.</summary>
    /// <param name="register">Its offset.</param>
    /// <param name="done">The last group that was waited for.</param>
    public bool IsAccumulating(int register, int done) => _groups[register >> PlaceShift] is int group && (group & 1) != 0 && group >> 1 > done;

    /// <summary>Whether a product that nobody waited for uses a register.</summary>
    /// <param name="register">Its offset.</param>
    /// <param name="done">The last group that was waited for.</param>
    public bool IsUsed(int register, int done) => _groups[register >> PlaceShift] >> 1 > done;

    /// <summary>Whether a register was written after a fence and no other came since.</summary>
    /// <param name="register">Its offset.</param>
    /// <param name="fences">How many there were.</param>
    public bool IsUnfenced(int register, int fences) => _writes[register >> PlaceShift] == fences + 1;

    /// <summary>A product begins to use a register.</summary>
    /// <param name="register">Its offset.</param>
    /// <param name="group">The group of the product.</param>
    /// <param name="isAccumulator">Whether it writes it.</param>
    public void Use(int register, int group, bool isAccumulator) => _groups[register >> PlaceShift] = (group << 1) | (isAccumulator ? 1 : 0);

    /// <summary>Something else writes a register.</summary>
    /// <param name="register">Its offset.</param>
    /// <param name="fences">How many fences there were.</param>
    public void Write(int register, int fences) => _writes[register >> PlaceShift] = fences + 1;

    /// <summary>A register gets a constant, which a compiler puts where it likes.</summary>
    public void WriteConstant(int register) => _writes[register >> PlaceShift] = 0;

    /// <summary>A register becomes another name for what a second one holds: to a GPU's assembler they are one.</summary>
    public void Copy(int from, int to)
    {
        _groups[to >> PlaceShift] = _groups[from >> PlaceShift];
        _writes[to >> PlaceShift] = _writes[from >> PlaceShift];
    }
}
