using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Execution;

/// <summary>Where operands lie in a warp's register file, asked while decoding.</summary>
internal interface IRegisterMap
{
    /// <summary>
    /// The byte offset of a register's 32 lanes. 8, 16 and 32-bit registers take 4 bytes a lane (upper bits zero), 64-bit ones 8 bytes a lane;
    /// immediates are laid out the same way, broadcast, in a constant part of the file; special registers too.
    /// </summary>
    /// <param name="operand">A register or an immediate.</param>
    /// <param name="bits">The operand's width at this place: 8, 16, 32 or 64; 8 and 16 are laid out as 32.</param>
    int Offset(PtxOperand operand, int bits);

    /// <summary>The byte offset of a predicate register: one uint, bit i is lane i. Immediates 0 and 1 are constants of the file.</summary>
    int PredicateOffset(PtxOperand operand);
}
