using System;
using System.Numerics;

namespace Winnow.Simulator.Execution.Control;

/// <summary><c>call</c></summary>
internal sealed class Call(FunctionCode function, ParameterCopy[] arguments, int resultAt) : Operation
{
    public override void Execute(Warp warp, uint lanes) => warp.Call(function, arguments, resultAt, lanes);
}

/// <summary>A call of <c>vprintf</c>: each lane prints.</summary>
internal sealed class PrintCall(int formatAt, int argumentsAt, int resultAt) : Operation
{
    public override void Execute(Warp warp, uint lanes)
    {
        for (uint left = lanes; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            ulong format = warp.ReadFrame(lane, formatAt, sizeof(ulong));
            ulong arguments = warp.ReadFrame(lane, argumentsAt, sizeof(ulong));
            string text = PrintFormat.Format(warp.ReadText(lane, format), new ArgumentReader(warp, lane, arguments));
            warp.Block.Launch.Print(text);
            if (resultAt >= 0)
            {
                warp.WriteFrame(lane, resultAt, BitConverter.GetBytes(1));
            }
        }
    }
}

/// <summary>A call of <c>__assertfail</c>.</summary>
internal sealed class AssertionCall(int messageAt, int fileAt, int lineAt) : Operation
{
    public override void Execute(Warp warp, uint lanes)
    {
        int lane = BitOperations.TrailingZeroCount(lanes);
        string message = warp.ReadText(lane, warp.ReadFrame(lane, messageAt, sizeof(ulong)));
        string file = warp.ReadText(lane, warp.ReadFrame(lane, fileAt, sizeof(ulong)));
        ulong line = warp.ReadFrame(lane, lineAt, sizeof(uint));
        throw warp.Fault(FaultKinds.Trap, lane, $"assertion failed at {file}({line}): {message}");
    }
}
