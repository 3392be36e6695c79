using System.Runtime.CompilerServices;
using Winnow.Simulator.Execution;

namespace Winnow.Simulator.Operations;

/// <summary>Logic on predicates.</summary>
internal static class PredicateDecoder
{
    public static Operation? Decode(InstructionReader reader) => (reader.Opcode, reader.Count) switch
    {
        ("and", 3) => Of(reader, PredicateCombination.And),
        ("or", 3) => Of(reader, PredicateCombination.Or),
        ("xor", 3) => Of(reader, PredicateCombination.Xor),
        ("mov", 2) => new PredicateLogic(reader.Predicate(0), reader.Predicate(1), PredicateSlot.None, PredicateCombination.None),
        ("not", 2) => new PredicateLogic(reader.Predicate(0), Not(reader.Predicate(1)), PredicateSlot.None, PredicateCombination.None),
        _ => null,
    };

    private static PredicateSlot Not(PredicateSlot slot) => slot with { Negated = !slot.Negated };

    private static PredicateLogic Of(InstructionReader reader, PredicateCombination combination) =>
        new(reader.Predicate(0), reader.Predicate(1), reader.Predicate(2), combination);
}

/// <summary>Combines two predicates.</summary>
internal sealed unsafe class PredicateLogic(PredicateSlot d, PredicateSlot a, PredicateSlot b, PredicateCombination combination) : Operation
{
    [MethodImpl(Lane.Hot)]
    public override void Execute(Warp warp, uint lanes)
    {
        byte* registers = warp.Registers;
        uint x = a.Read(registers);
        uint bits = combination switch
        {
            PredicateCombination.And => x & b.Read(registers),
            PredicateCombination.Or => x | b.Read(registers),
            PredicateCombination.Xor => x ^ b.Read(registers),
            _ => x,
        };
        d.Write(registers, bits, lanes);
    }
}
