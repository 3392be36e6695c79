using System;
using System.Collections.Generic;
using System.Numerics;
using Winnow.Simulator.Profiling;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Execution;

/// <content>Calls: every call has registers of its own, so that recursion and diverged lanes need nothing special.</content>
internal sealed unsafe partial class Warp
{
    private readonly List<Frame> _frames = [];
    private readonly Stack<Frame> _unusedFrames = [];

    /// <summary>Lets lanes call a function; they go on there, the others after the present instruction.</summary>
    /// <param name="function">The function.</param>
    /// <param name="arguments">What is copied from the local memory of the present call to that of the new one.</param>
    /// <param name="resultAt">Where in the local memory of the present call the result goes; below 0 where it is dropped.</param>
    /// <param name="lanes">Which.</param>
    public void Call(FunctionCode function, ReadOnlySpan<ParameterCopy> arguments, int resultAt, uint lanes)
    {
        Frame caller = Frame;
        int localBase = caller.LocalBase + caller.Code.LocalBytes;
        if (localBase + function.LocalBytes > Block.Launch.Program.LocalBytes)
        {
            string message = $"calls nested {caller.Depth + 1} deep need more than the {Block.Launch.Program.LocalBytes} bytes of local memory of a thread";
            throw Fault(FaultKinds.OutOfBounds, BitOperations.TrailingZeroCount(lanes), message);
        }

        Detach(lanes);
        Frame callee = TakeFrame(function);
        (callee.Parent, callee.Depth, callee.LocalBase) = (caller, caller.Depth + 1, localBase);
        (callee.ReturnTo, callee.ResultAt, callee.Lanes) = (Pc, resultAt < 0 ? -1 : caller.LocalBase + resultAt, lanes);
        ForgetLocal(localBase, function.LocalBytes, lanes);
        if (Flow is not null)
        {
            WarpFlow.Pass(caller, callee);
        }

        foreach (ParameterCopy argument in arguments)
        {
            CopyLocal(caller.LocalBase + argument.From, localBase + argument.To, argument.Bytes, lanes);
        }

        _current!.Frame = callee;
        Pc = 0;
        Stop();
    }

    /// <summary>Lets lanes return to where the present call was made; in the kernel they end.</summary>
    /// <param name="lanes">Which.</param>
    public void Return(uint lanes)
    {
        Frame callee = Frame;
        if (callee.Parent is not Frame caller)
        {
            Exit(lanes);
            return;
        }

        if (callee.ResultAt >= 0)
        {
            PtxVariable result = callee.Code.Function.Returns[0];
            CopyLocal(callee.LocalBase + callee.Code.LocalOffsetOf(result), callee.ResultAt, result.Bytes, lanes);
        }

        if (Flow is not null)
        {
            WarpFlow.Pass(callee, caller);
        }

        while (_current!.Join?.Frame == callee)
        {
            _current.Join = _current.Join.Outer;
        }

        callee.Lanes &= ~lanes;
        if (lanes == Active)
        {
            _current!.Frame = caller;
            Pc = callee.ReturnTo;
            Stop();
        }
        else
        {
            _splits.Add(NewSplit(callee.ReturnTo, lanes, caller));
            RemoveActive(lanes);
        }

        if (callee.Lanes == 0)
        {
            _unusedFrames.Push(callee);
        }
    }

    private Frame TakeFrame(FunctionCode function)
    {
        if (!_unusedFrames.TryPop(out Frame? frame))
        {
            frame = new Frame();
            _frames.Add(frame);
        }

        frame.Begin(function, this);
        return frame;
    }

    private void ReturnFrames()
    {
        // The first one made comes out first, so that the kernel finds its own again.
        _unusedFrames.Clear();
        for (int i = _frames.Count - 1; i >= 0; i--)
        {
            _unusedFrames.Push(_frames[i]);
        }
    }
}
