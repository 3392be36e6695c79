using System;
using System.Collections.Generic;
using Winnow.Simulator.Execution.Control;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Execution.Decoding;

/// <content>Calls and barriers.</content>
internal sealed partial class FunctionDecoder
{
    private Operation? DecodeCall(PtxInstruction instruction)
    {
        PtxOperand[] arguments = instruction.Operands[2].Parts;
        PtxOperand[] returns = instruction.Operands[0].Parts;
        int[] places = Array.ConvertAll(arguments, ParameterAt);
        int resultAt = returns.Length > 0 ? ParameterAt(returns[0]) : -1;
        string name = instruction.Operands[1].Name;
        switch (name)
        {
            case "vprintf" when places.Length == 2:
                return new PrintCall(places[0], places[1], resultAt);
            case "__assertfail" when places.Length >= 3:
                return new AssertionCall(places[0], places[1], places[2]);
        }

        if (!program.Module.Source.Functions.TryGetValue(name, out PtxFunction? callee))
        {
            throw new ArgumentException($"there is no function {name}");
        }

        if (callee.Parameters.Length != places.Length || (returns.Length > 0 && callee.Returns.Length == 0))
        {
            throw new ArgumentException($"{name} has {callee.Parameters.Length} parameters and {callee.Returns.Length} results");
        }

        FunctionCode target = program.CodeOf(_function.Name, name);
        var copies = new List<ParameterCopy>();
        for (int i = 0; i < places.Length; i++)
        {
            PtxVariable parameter = callee.Parameters[i];
            copies.Add(new ParameterCopy(places[i], target.LocalOffsetOf(parameter), parameter.Bytes));
        }

        return new Call(target, [.. copies], resultAt);
    }

    private int ParameterAt(PtxOperand operand) => FindVariable(operand) is { Space: PtxSpace.Param } variable && !code.IsArgument(variable)
        ? code.LocalOffsetOf(variable)
        : throw new ArgumentException($"{operand.Name} is not a variable in .param space");

    private Operation? DecodeBarrier(PtxInstruction instruction)
    {
        PtxOperand[] operands = instruction.Operands;
        if (instruction.Has("warp"))
        {
            return new WarpBarrier(_registers.Offset(operands[0], 32));
        }

        if (instruction.Has("cluster"))
        {
            return DecodeClusterBarrier(instruction);
        }

        BarrierResult result = instruction switch
        {
            _ when !instruction.Has("red") => BarrierResult.None,
            _ when instruction.Has("or") => BarrierResult.Any,
            _ when instruction.Has("and") => BarrierResult.All,
            _ => BarrierResult.Count,
        };
        bool isReduction = result != BarrierResult.None;
        int first = isReduction ? 1 : 0;
        bool hasCount = operands.Length > first + (isReduction ? 2 : 1);
        PtxOperand? predicate = isReduction ? operands[^1] : null;
        return new BlockBarrier
        {
            Id = operands.Length > first ? _registers.Offset(operands[first], 32) : _registers.Offset(new PtxOperand { Kind = PtxOperandKind.Immediate }, 32),
            Threads = hasCount ? _registers.Offset(operands[first + 1], 32) : -1,
            IsAligned = instruction.Opcode == "bar" || instruction.Has("aligned"),
            IsArrival = instruction.Has("arrive"),
            Result = result,
            Predicate = predicate is null ? 0 : _registers.PredicateOffset(predicate),
            IsNegated = predicate?.Negated ?? false,
            Destination = !isReduction ? 0
                : result == BarrierResult.Count ? _registers.Offset(operands[0], 32) : _registers.PredicateOffset(operands[0]),
        };
    }
}
