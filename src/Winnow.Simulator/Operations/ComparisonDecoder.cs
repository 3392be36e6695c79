using Winnow.Simulator.Execution;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Operations;

/// <summary><c>setp</c> and <c>set</c>: every comparison by one of five, with operands exchanged or the outcome inverted.</summary>
internal static class ComparisonDecoder
{
    private readonly record struct Plan(string Basic, bool IsSwapped, bool IsInverted);

    public static Operation? Decode(InstructionReader reader)
    {
        string? name = reader.TakeAny(
            "eq", "ne", "lt", "le", "gt", "ge", "lo", "ls", "hi", "hs", "equ", "neu", "ltu", "leu", "gtu", "geu", "num", "nan");
        PredicateCombination combination = reader.TakeAny("and", "or", "xor") switch
        {
            "and" => PredicateCombination.And,
            "or" => PredicateCombination.Or,
            "xor" => PredicateCombination.Xor,
            _ => PredicateCombination.None,
        };
        OperandType? result = reader.Opcode == "set" ? reader.TakeType() : null;
        int count = combination == PredicateCombination.None ? 3 : 4;
        if (name is null || reader.Count != count || reader.TakeType() is not OperandType type || PlanOf(name, type) is not Plan plan)
        {
            return null;
        }

        PredicateSlot c = count == 4 ? reader.Predicate(3) : PredicateSlot.None;
        return reader.Opcode == "setp" ? Setp(reader, type, plan, combination, c) : Set(reader, type, plan, combination, c, result);
    }

    private static Operation? Setp(InstructionReader reader, OperandType type, Plan plan, PredicateCombination combination, PredicateSlot c)
    {
        PtxOperand d = reader[0];
        bool isPair = d.Kind == PtxOperandKind.Vector && d.Parts.Length == 2;
        PredicateSlot p = reader.Predicate(isPair ? d.Parts[0] : d);
        PredicateSlot q = isPair ? reader.Predicate(d.Parts[1]) : PredicateSlot.None;
        if (!type.IsPacked)
        {
            return Compare(reader, type, plan, new ComparisonTarget(p, q, plan.IsInverted, combination, c));
        }

        // A pair is compared half by half: the lower one makes p, the upper one q.
        return !isPair ? null : new Sequence(
            Narrow(reader, type, plan, new ComparisonTarget(p, PredicateSlot.None, plan.IsInverted, combination, c), isUpper: false)!,
            Narrow(reader, type, plan, new ComparisonTarget(q, PredicateSlot.None, plan.IsInverted, combination, c), isUpper: true)!);
    }

    private static Operation? Set(InstructionReader reader, OperandType type, Plan plan, PredicateCombination combination, PredicateSlot c, OperandType? result)
    {
        if (type.IsPacked || (type is { Bits: 16, IsFloat: true } && result is { Bits: 16 }))
        {
            return combination == PredicateCombination.None ? NarrowSetDecoder.Decode(reader, type, result, plan.Basic, plan.IsSwapped, plan.IsInverted) : null;
        }

        if (result is not { Bits: 32, IsPacked: false, Kind: OperandTypeKind.Unsigned or OperandTypeKind.Signed or OperandTypeKind.Float })
        {
            return null;
        }

        return Compare(reader, type, plan, new ComparisonTarget(PredicateSlot.None, PredicateSlot.None, plan.IsInverted, combination, c)
        {
            Value = reader.At(0, 32),
            True = result.Value.IsFloat ? 0x3F800000 : uint.MaxValue,
        });
    }

    private static Plan? PlanOf(string name, OperandType type)
    {
        Plan? plan = name switch
        {
            "eq" => new Plan("eq", false, false),
            "lt" or "lo" => new Plan("lt", false, false),
            "gt" or "hi" => new Plan("lt", true, false),
            "le" or "ls" => new Plan("le", false, false),
            "ge" or "hs" => new Plan("le", true, false),
            "ne" when !type.IsFloat => new Plan("eq", false, true),
            "ne" => new Plan("ne", false, false),
            "equ" => new Plan("ne", false, true),
            "neu" => new Plan("eq", false, true),
            "ltu" => new Plan("le", true, true),
            "leu" => new Plan("lt", true, true),
            "gtu" => new Plan("le", false, true),
            "geu" => new Plan("lt", false, true),
            "num" => new Plan("num", false, false),
            _ => new Plan("num", false, true),
        };
        bool isUnsignedName = name is "lo" or "ls" or "hi" or "hs";
        bool isFloatName = name.Length == 3;
        bool isLegal = type.Kind switch
        {
            OperandTypeKind.Bits => name is "eq" or "ne",
            OperandTypeKind.Signed => !isUnsignedName && !isFloatName,
            OperandTypeKind.Unsigned => !isFloatName,
            OperandTypeKind.Float or OperandTypeKind.Brain => !isUnsignedName,
            _ => false,
        };
        return isLegal && type.Bits >= 16 && (type.IsFloat || !type.IsPacked) ? plan : null;
    }

    private static Operation? Compare(InstructionReader reader, OperandType type, Plan plan, ComparisonTarget target)
    {
        int a = reader.At(plan.IsSwapped ? 2 : 1, type.Bits);
        int b = reader.At(plan.IsSwapped ? 1 : 2, type.Bits);
        return (type.Kind, type.Bits) switch
        {
            (OperandTypeKind.Float, 64) => Floats<double>(target, a, b, plan.Basic),
            (OperandTypeKind.Float, 32) => reader.Take("ftz") ? FlushedFloats(target, a, b, plan.Basic) : Floats<float>(target, a, b, plan.Basic),
            (OperandTypeKind.Float or OperandTypeKind.Brain, 16) => Narrow(reader, type, plan, target, isUpper: false),
            (OperandTypeKind.Signed, 16) => Shorts(target, a, b, plan.Basic),
            (OperandTypeKind.Signed, 32) => Integers<int>(target, a, b, plan.Basic),
            (OperandTypeKind.Signed, 64) => Integers<long>(target, a, b, plan.Basic),
            (_, 64) => Integers<ulong>(target, a, b, plan.Basic),
            _ => Integers<uint>(target, a, b, plan.Basic),
        };
    }

    private static Operation Integers<T>(ComparisonTarget target, int a, int b, string basic)
        where T : unmanaged => basic switch
        {
            "eq" => new Comparison<T, Equal<T>>(target, a, b),
            "lt" => new Comparison<T, Less<T>>(target, a, b),
            _ => new Comparison<T, LessOrEqual<T>>(target, a, b),
        };

    private static Operation Shorts(ComparisonTarget target, int a, int b, string basic) => basic switch
    {
        "eq" => new Comparison<uint, ShortCompare<Equal<int>>>(target, a, b),
        "lt" => new Comparison<uint, ShortCompare<Less<int>>>(target, a, b),
        _ => new Comparison<uint, ShortCompare<LessOrEqual<int>>>(target, a, b),
    };

    private static Operation Floats<T>(ComparisonTarget target, int a, int b, string basic)
        where T : unmanaged => basic switch
        {
            "ne" => new Comparison<T, Different<T>>(target, a, b),
            "num" => new Comparison<T, Ordered<T>>(target, a, b),
            _ => Integers<T>(target, a, b, basic),
        };

    private static Operation FlushedFloats(ComparisonTarget target, int a, int b, string basic) => basic switch
    {
        "eq" => new Comparison<float, FlushingCompare<Equal<float>>>(target, a, b),
        "lt" => new Comparison<float, FlushingCompare<Less<float>>>(target, a, b),
        "le" => new Comparison<float, FlushingCompare<LessOrEqual<float>>>(target, a, b),
        "ne" => new Comparison<float, FlushingCompare<Different<float>>>(target, a, b),
        _ => new Comparison<float, FlushingCompare<Ordered<float>>>(target, a, b),
    };

    private static Operation? Narrow(InstructionReader reader, OperandType type, Plan plan, ComparisonTarget target, bool isUpper)
    {
        int a = reader.At(plan.IsSwapped ? 2 : 1, type.RegisterBits);
        int b = reader.At(plan.IsSwapped ? 1 : 2, type.RegisterBits);
        return (type.Kind == OperandTypeKind.Brain, isUpper) switch
        {
            (false, false) => Narrow<HalfFloat>(target, a, b, plan.Basic),
            (false, true) => NarrowUpper<HalfFloat>(target, a, b, plan.Basic),
            (true, false) => Narrow<BrainFloat>(target, a, b, plan.Basic),
            (true, true) => NarrowUpper<BrainFloat>(target, a, b, plan.Basic),
        };
    }

    private static Operation Narrow<TFormat>(ComparisonTarget target, int a, int b, string basic)
        where TFormat : struct, INarrowFloat => basic switch
        {
            "eq" => new Comparison<uint, NarrowCompare<TFormat, Equal<float>>>(target, a, b),
            "lt" => new Comparison<uint, NarrowCompare<TFormat, Less<float>>>(target, a, b),
            "le" => new Comparison<uint, NarrowCompare<TFormat, LessOrEqual<float>>>(target, a, b),
            "ne" => new Comparison<uint, NarrowCompare<TFormat, Different<float>>>(target, a, b),
            _ => new Comparison<uint, NarrowCompare<TFormat, Ordered<float>>>(target, a, b),
        };

    private static Operation NarrowUpper<TFormat>(ComparisonTarget target, int a, int b, string basic)
        where TFormat : struct, INarrowFloat => basic switch
        {
            "eq" => new Comparison<uint, UpperCompare<NarrowCompare<TFormat, Equal<float>>>>(target, a, b),
            "lt" => new Comparison<uint, UpperCompare<NarrowCompare<TFormat, Less<float>>>>(target, a, b),
            "le" => new Comparison<uint, UpperCompare<NarrowCompare<TFormat, LessOrEqual<float>>>>(target, a, b),
            "ne" => new Comparison<uint, UpperCompare<NarrowCompare<TFormat, Different<float>>>>(target, a, b),
            _ => new Comparison<uint, UpperCompare<NarrowCompare<TFormat, Ordered<float>>>>(target, a, b),
        };
}
