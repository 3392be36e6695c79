using System;
using Winnow.Simulator.Execution;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Operations;

/// <summary>
/// Reads an instruction while it is decoded, and remembers which modifiers were understood: one that nobody took means that the
/// instruction is not what the decoder thinks it is, and it is refused rather than run wrongly.
/// </summary>
internal sealed class InstructionReader(PtxInstruction instruction, IRegisterMap map)
{
    private uint _taken;

    /// <summary>Whether the code is for Hopper, whose tensor cores add more at once.</summary>
    public bool IsHopper { get; init; }

    /// <summary>The name before the first dot.</summary>
    public string Opcode => instruction.Opcode;

    /// <summary>How many operands there are.</summary>
    public int Count => instruction.Operands.Length;

    /// <summary>True when every modifier was taken.</summary>
    public bool IsUnderstood => _taken == (1u << instruction.Modifiers.Length) - 1;

    /// <summary>An operand as written.</summary>
    public PtxOperand this[int index] => instruction.Operands[index];

    /// <summary>Takes a modifier where it is there.</summary>
    public bool Take(string modifier)
    {
        int index = Array.IndexOf(instruction.Modifiers, modifier);
        if (index < 0)
        {
            return false;
        }

        _taken |= 1u << index;
        return true;
    }

    /// <summary>Takes the one of these modifiers that is there; null where none is.</summary>
    public string? TakeAny(params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            if (Take(name))
            {
                return name;
            }
        }

        return null;
    }

    /// <summary>Takes all modifiers from one on, which the caller looks at itself.</summary>
    /// <param name="index">The first of them.</param>
    public ReadOnlySpan<string> TakeFrom(int index)
    {
        _taken |= (1u << instruction.Modifiers.Length) - (1u << index);
        return instruction.Modifiers.AsSpan(index);
    }

    /// <summary>Takes the next modifier that names a type; null where none is left.</summary>
    public OperandType? TakeType()
    {
        for (int i = 0; i < instruction.Modifiers.Length; i++)
        {
            if ((_taken & (1u << i)) == 0 && OperandType.TryParse(instruction.Modifiers[i], out OperandType type))
            {
                _taken |= 1u << i;
                return type;
            }
        }

        return null;
    }

    /// <summary>Takes the rounding of a float result; nearest where none is named.</summary>
    public Rounding TakeRounding() => TakeAny("rn", "rz", "rm", "rp") switch
    {
        "rz" => Rounding.Zero,
        "rm" => Rounding.Down,
        "rp" => Rounding.Up,
        _ => Rounding.Nearest,
    };

    /// <summary>Where an operand's lanes lie.</summary>
    public int At(int index, int bits) => map.Offset(instruction.Operands[index], bits);

    /// <summary>Where an operand's lanes lie, with their width.</summary>
    public Slot Slot(int index, int bits) => SlotOf(instruction.Operands[index], bits);

    /// <summary>Where an operand's lanes lie, with their width.</summary>
    public Slot SlotOf(PtxOperand operand, int bits) => new(map.Offset(operand, bits), bits);

    /// <summary>Where a predicate lies; a sink is nowhere.</summary>
    public PredicateSlot Predicate(PtxOperand operand) => operand.Kind == PtxOperandKind.Sink
        ? PredicateSlot.None
        : new PredicateSlot(map.PredicateOffset(operand), operand.Negated);

    /// <summary>Where a predicate operand lies.</summary>
    public PredicateSlot Predicate(int index) => Predicate(instruction.Operands[index]);
}
