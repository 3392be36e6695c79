using System;
using System.Globalization;
using System.Numerics;
using Winnow.Gpu;
using Winnow.Simulator.Execution.Memory;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Execution;

/// <content>Findings.</content>
internal sealed unsafe partial class Warp
{
    /// <summary>While something ends that an instruction began: the instruction, which findings are about.</summary>
    public PtxInstruction? Origin { get; set; }

    /// <summary>The instruction that findings are about; null before the first one.</summary>
    public PtxInstruction? Instruction => Origin ?? (Pc > 0 && Pc <= _steps.Length ? _steps[Pc - 1].Operation.Source : null);

    /// <summary>The exception for a finding at the next instruction, about all lanes that execute it.</summary>
    public GpuFaultException FaultAhead(string kind, string problem)
    {
        Pc++;
        return Fault(kind, BitOperations.TrailingZeroCount(Active == 0 ? 1 : Active), problem);
    }

    /// <summary>The exception for a finding at the present instruction.</summary>
    /// <param name="kind">One of <see cref="FaultKinds"/>.</param>
    /// <param name="lane">The lane that it is about.</param>
    /// <param name="problem">What happened, without a full stop.</param>
    public GpuFaultException Fault(string kind, int lane, string problem)
    {
        PtxInstruction? instruction = Instruction;
        string kernel = Block.Launch.Program.Name;
        (int x, int y, int z) = ThreadOf(lane);
        (int blockX, int blockY, int blockZ) = Block.Block;
        string place = instruction switch
        {
            null => "",
            { Line: > 0 } => string.Create(CultureInfo.InvariantCulture, $"{instruction.File}({instruction.Line}): "),
            _ => string.Create(CultureInfo.InvariantCulture, $"{Block.Launch.Program.Module.Name}, line {instruction.PtxLine} of the PTX: "),
        };
        string text = instruction is null ? "" : $": {instruction.Text}";
        string message = string.Create(
            CultureInfo.InvariantCulture,
            $"{place}{kernel}: {kind}: {problem}; block ({blockX}, {blockY}, {blockZ}), thread ({x}, {y}, {z}){text}");
        return new GpuFaultException(message, kind, kernel)
        {
            File = instruction?.File ?? "",
            Line = instruction?.Line ?? 0,
            Block = Block.Block,
            Thread = (x, y, z),
        };
    }

    private static string Verb(Access access) => access switch
    {
        _ when (access & Access.Atomic) == Access.Atomic => "an atomic access to",
        _ when (access & Access.Write) != 0 => "a write to",
        _ => "a read of",
    };

    private GpuFaultException Misaligned(uint lanes, int bytes)
    {
        int lane = First(lanes, address => address % (ulong)bytes != 0);
        return Fault(FaultKinds.Misaligned, lane, $"an access of {bytes} bytes at address 0x{Addresses[lane]:x}, which is no multiple of {bytes}");
    }

    private GpuFaultException OutsideShared(uint lanes, int bytes, Access access)
    {
        ulong size = (ulong)Block.SharedBytes;
        int lane = First(lanes, address => address > size || address + (ulong)bytes > size);
        if (ClusterAddress.RankOf(Addresses[lane]) is int rank and >= 0 && rank < Block.Cluster.Count && rank != Rank)
        {
            string other = $"{Verb(access)} shared memory of block {rank} of the cluster by an instruction for the block's own, shared::cta";
            return Fault(FaultKinds.OutOfBounds, lane, other);
        }

        string problem = $"{Verb(access)} {bytes} bytes at offset {(long)Addresses[lane]} of the {size} bytes of shared memory";
        return Fault(FaultKinds.OutOfBounds, lane, problem);
    }

    private GpuFaultException OutsideLocal(uint lanes, int bytes, Access access)
    {
        ulong size = (ulong)_localBytes;
        int lane = First(lanes, address => address > size || address + (ulong)bytes > size);
        string problem = $"{Verb(access)} {bytes} bytes at offset {(long)Addresses[lane]} of the {size} bytes of local memory";
        return Fault(FaultKinds.OutOfBounds, lane, problem);
    }

    private GpuFaultException OutsideGlobal(int lane, int bytes, Access access)
    {
        ulong address = Addresses[lane];
        if (Block.Find(address) is { } allocation)
        {
            string across = $"{Verb(access)} {bytes} bytes at byte {address - allocation.Base} of {allocation.Name}, which has {allocation.Bytes}";
            return Fault(FaultKinds.OutOfBounds, lane, across);
        }

        string where = Block.Launch.Memory.Describe(address, out bool isFreed);
        return Fault(isFreed ? FaultKinds.FreedMemory : FaultKinds.OutOfBounds, lane, $"{Verb(access)} {bytes} bytes at address 0x{address:x}: {where}");
    }

    private int First(uint lanes, Func<ulong, bool> isBad)
    {
        for (uint left = lanes; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            if (isBad(Addresses[lane]))
            {
                return lane;
            }
        }

        return BitOperations.TrailingZeroCount(lanes);
    }

    private void CheckGlobal(Allocation allocation, uint lanes, int bytes, Access access)
    {
        if ((access & Access.Write) != 0 && allocation.IsReadOnly)
        {
            throw Fault(FaultKinds.ReadOnly, BitOperations.TrailingZeroCount(lanes), $"{Verb(access)} {allocation.Name}, which kernels may only read");
        }

        if (allocation.IsWritten || allocation.Written == null)
        {
            return;
        }

        byte* written = allocation.Written - allocation.Base;
        if (IsSequence && CheckSequence(written + Addresses[0], Lanes * bytes, access))
        {
            return;
        }

        for (uint left = lanes; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            byte* at = written + Addresses[lane];
            if ((access & Access.Read) != 0 && !AreWritten(at, bytes))
            {
                string where = $"byte {Addresses[lane] - allocation.Base} of {allocation.Name}";
                throw Fault(FaultKinds.Uninitialized, lane, $"{Verb(access)} {bytes} bytes at {where}, which nothing wrote");
            }
        }

        if ((access & Access.Write) != 0)
        {
            for (uint left = lanes; left != 0; left &= left - 1)
            {
                MarkWritten(written + Addresses[BitOperations.TrailingZeroCount(left)], bytes);
            }
        }
    }

    /// <summary>Looks at one piece of memory; false where a lane does something wrong in it.</summary>
    private static bool CheckSequence(byte* written, int bytes, Access access)
    {
        Span<byte> span = new(written, bytes);
        if ((access & Access.Read) != 0)
        {
            return !span.ContainsAnyExcept((byte)1) && (access & Access.Write) == 0;
        }

        span.Fill(1);
        return true;
    }

    private void CheckLocal(uint lanes, int bytes, Access access)
    {
        for (uint left = lanes; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            byte* at = _localWritten + (lane * _localBytes) + Addresses[lane];
            if ((access & Access.Read) != 0 && !AreWritten(at, bytes))
            {
                throw Fault(FaultKinds.Uninitialized, lane, $"{Verb(access)} {bytes} bytes of local memory, which nothing wrote");
            }

            if ((access & Access.Write) != 0)
            {
                MarkWritten(at, bytes);
            }
        }
    }

    private static bool AreWritten(byte* at, int bytes) => bytes switch
    {
        1 => *at == 1,
        2 => *(ushort*)at == 0x0101,
        4 => *(uint*)at == 0x01010101,
        8 => *(ulong*)at == 0x0101010101010101,
        _ => *(ulong*)at == 0x0101010101010101 && AreWritten(at + 8, bytes - 8),
    };

    private static void MarkWritten(byte* at, int bytes)
    {
        switch (bytes)
        {
            case 1:
                *at = 1;
                break;
            case 2:
                *(ushort*)at = 0x0101;
                break;
            case 4:
                *(uint*)at = 0x01010101;
                break;
            default:
                new Span<byte>(at, bytes).Fill(1);
                break;
        }
    }
}
