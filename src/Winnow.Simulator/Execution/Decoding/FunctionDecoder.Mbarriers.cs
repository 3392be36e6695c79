using Winnow.Simulator.Execution.Control;
using Winnow.Simulator.Execution.Memory;
using Winnow.Simulator.Operations;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Execution.Decoding;

/// <content>Mbarriers.</content>
internal sealed partial class FunctionDecoder
{
    private Operation? DecodeMbarrier(PtxInstruction instruction)
    {
        InstructionReader reader = new(instruction, _registers);
        Operation? operation = DecodeMbarrier(instruction, reader);
        return reader.IsUnderstood ? operation : null;
    }

    private Operation? DecodeMbarrier(PtxInstruction instruction, InstructionReader reader)
    {
        PtxOperand[] operands = instruction.Operands;
        reader.Take("b64");
        if (reader.Take("pending_count") && operands.Length == 2)
        {
            return new ReadPendingCount(_registers.Offset(operands[0], 32), _registers.Offset(operands[1], 64));
        }

        string? space = reader.TakeAny("shared", "shared::cta", "shared::cluster");
        bool isInSpace = space is not null;
        bool isOfCluster = space is null or "shared::cluster";
        bool isRelaxed = reader.TakeAny("release", "acquire", "relaxed") == "relaxed";
        _ = reader.TakeAny("cta", "cluster");
        switch (reader.TakeAny("init", "inval", "arrive", "arrive_drop", "test_wait", "try_wait", "expect_tx", "complete_tx"))
        {
            case "init" when operands.Length == 2:
                return new MakeMbarrier(Place(operands[0], isInSpace), _registers.Offset(operands[1], 32));
            case "inval" when operands.Length == 1:
                return new EndMbarrier(Place(operands[0], isInSpace));
            case "expect_tx" when operands.Length == 2:
                return new CountTransactions(Place(operands[0], isInSpace, isOfCluster), _registers.Offset(operands[1], 32), isExpected: true);
            case "complete_tx" when operands.Length == 2:
                return new CountTransactions(Place(operands[0], isInSpace, isOfCluster), _registers.Offset(operands[1], 32), isExpected: false);
            case "arrive" or "arrive_drop" when operands.Length is 2 or 3:
                return DecodeArrival(instruction, reader, Place(operands[1], isInSpace, isOfCluster && operands[0].Kind == PtxOperandKind.Sink), !isRelaxed);
            case "test_wait" or "try_wait" when operands.Length is 3 or 4:
                bool isParity = reader.Take("parity");
                return new MbarrierWait(Place(operands[1], isInSpace))
                {
                    Result = _registers.PredicateOffset(operands[0]),
                    Phase = _registers.Offset(operands[2], isParity ? 32 : 64),
                    IsParity = isParity,
                    MayWait = instruction.Has("try_wait"),
                    Acquires = !isRelaxed,
                };
            default:
                return null;
        }
    }

    private ArriveAtMbarrier DecodeArrival(PtxInstruction instruction, InstructionReader reader, SharedPlace place, bool releases)
    {
        PtxOperand[] operands = instruction.Operands;
        bool hasBytes = reader.Take("expect_tx");
        int third = operands.Length == 3 ? _registers.Offset(operands[2], 32) : -1;
        return new ArriveAtMbarrier(place)
        {
            State = operands[0].Kind == PtxOperandKind.Sink ? -1 : _registers.Offset(operands[0], 64),
            Count = hasBytes ? -1 : third,
            Bytes = hasBytes ? third : -1,
            IsDrop = instruction.Has("arrive_drop"),
            IsIncomplete = reader.Take("noComplete"),
            Releases = releases,
        };
    }

    private SharedPlace Place(PtxOperand operand, bool isInSpace, bool isOfCluster = false)
        => new(Address(operand), !isInSpace && FindVariable(operand)?.Space != PtxSpace.Shared, isOfCluster);
}
