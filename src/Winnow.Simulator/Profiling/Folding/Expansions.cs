using System;
using System.Collections.Frozen;
using System.Collections.Generic;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Profiling.Folding;

/// <summary>
/// Instructions of PTX that are several of the machine, whatever stands around them: numbers of 64 bits, of which the machine adds halves, and functions that it has not. The counts are what an
/// assembler makes of the instruction alone for Hopper; of what has a rare way (divisions that overflow) those of the frequent one.
/// </summary>
internal static class Expansions
{
    private static readonly FrozenDictionary<string, MachineCost> Wide = new Dictionary<string, MachineCost>
    {
        ["add"] = new(2, Steps: 2),
        ["sub"] = new(2, Steps: 2),
        ["neg"] = new(2, Steps: 2),
        ["and"] = new(2, Steps: 1),
        ["or"] = new(2, Steps: 1),
        ["xor"] = new(2, Steps: 1),
        ["not"] = new(2, Steps: 1),
        ["shl"] = new(2, Steps: 1),
        ["shr"] = new(2, Steps: 1),
        ["selp"] = new(2, Steps: 1),
        ["setp"] = new(2, Steps: 2),
        ["min"] = new(4, Steps: 3),
        ["max"] = new(4, Steps: 3),
        ["abs"] = new(4, Steps: 3),
        ["mul"] = new(4, Steps: 3),
        ["mad"] = new(4, Steps: 3),
        ["popc"] = new(3, Specials: 1, Steps: 1, SpecialSteps: 1),
        ["div"] = new(30, Specials: 3, Steps: 14, SpecialSteps: 3),
        ["rem"] = new(30, Specials: 3, Steps: 14, SpecialSteps: 3),
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, MachineCost> Functions = new Dictionary<string, MachineCost>
    {
        ["ex2"] = new(4, Steps: 3, SpecialSteps: 1),
        ["lg2"] = new(4, Steps: 3, SpecialSteps: 1),
        ["rsqrt"] = new(4, Steps: 3, SpecialSteps: 1),
        ["sqrt"] = new(4, Steps: 3, SpecialSteps: 1),
        ["rcp"] = new(8, Steps: 3, SpecialSteps: 1),
        ["div"] = new(8, Steps: 4, SpecialSteps: 1),
        ["sin"] = new(2, Steps: 1, SpecialSteps: 1),
        ["cos"] = new(2, Steps: 1, SpecialSteps: 1),
    }.ToFrozenDictionary();

    // The way of numbers that are neither huge nor tiny, with the test for those.
    private static readonly FrozenDictionary<string, MachineCost> Rounded = new Dictionary<string, MachineCost>
    {
        ["div"] = new(11, Steps: 6, SpecialSteps: 1),
        ["rcp"] = new(10, Steps: 3, SpecialSteps: 1),
        ["sqrt"] = new(10, Steps: 4, SpecialSteps: 1),
    }.ToFrozenDictionary();

    /// <summary>What an instruction becomes by itself.</summary>
    /// <param name="instruction">The instruction.</param>
    public static MachineCost Of(PtxInstruction instruction) => instruction.Opcode switch
    {
        "div" or "rcp" or "sqrt" or "rsqrt" or "ex2" or "lg2" or "sin" or "cos" when Kinds.IsSingle(instruction) => FunctionOf(instruction),
        "mul" or "mad" when instruction.Has("wide") => instruction.Opcode == "mul" ? MachineCost.One : new MachineCost(3, Steps: 3),
        "mul" when instruction.Has("hi") && Kinds.IntegerBits(instruction) == 64 => new MachineCost(7, Steps: 5),
        _ when Kinds.IntegerBits(instruction) == 64 && Wide.TryGetValue(instruction.Opcode, out MachineCost wide) => wide,
        "div" when Kinds.IntegerBits(instruction) > 0 => new MachineCost(instruction.Has("s32") ? 24 : 18, Specials: 3, Steps: 11, SpecialSteps: 3),
        "rem" => new MachineCost(instruction.Has("s32") ? 22 : 17, Specials: 3, Steps: 10, SpecialSteps: 3),
        "clz" => new MachineCost(2, Steps: 1, SpecialSteps: 1),
        "bfe" or "bfi" => new MachineCost(instruction.Operands[^1].Kind == PtxOperandKind.Immediate ? 2 : 5, Steps: 2),
        "slct" => new MachineCost(2, Steps: 2),
        "redux" => new MachineCost(2),
        "membar" or "fence" when Array.Exists(instruction.Modifiers, static modifier => modifier is "gl" or "sys" or "gpu") => new MachineCost(5),
        _ => MachineCost.One,
    };

    private static MachineCost FunctionOf(PtxInstruction instruction) => instruction switch
    {
        _ when instruction.Has("rn") => Rounded.GetValueOrDefault(instruction.Opcode, MachineCost.One),
        { Opcode: "div" } when instruction.Has("ftz") => new MachineCost(5, Steps: 3, SpecialSteps: 1),
        _ when instruction.Has("ftz") && instruction.Opcode is not ("sin" or "cos") => MachineCost.One,
        { Opcode: "div" } when instruction.Has("approx") => new MachineCost(5, Steps: 3, SpecialSteps: 1),
        _ => Functions.GetValueOrDefault(instruction.Opcode, MachineCost.One),
    };
}
