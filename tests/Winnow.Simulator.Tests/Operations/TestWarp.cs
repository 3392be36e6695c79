using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using Winnow.Simulator.Execution;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Tests.Operations;

/// <summary>A warp with nothing but registers, laid out as the first instruction that names them asks.</summary>
internal sealed unsafe class TestWarp : IRegisterMap, IDisposable
{
    private const int Bytes = 1 << 16;

    private readonly Dictionary<string, int> _offsets = new(StringComparer.Ordinal);
    private int _end;

    public TestWarp()
    {
        Warp = new Warp { Registers = (byte*)NativeMemory.AlignedAlloc(Bytes, 64) };
        NativeMemory.Clear(Warp.Registers, Bytes);
    }

    public Warp Warp { get; }

    public int Offset(PtxOperand operand, int bits)
    {
        bool isWide = bits == 64;
        if (operand.Kind == PtxOperandKind.Immediate)
        {
            int at = Place($"#{operand.Bits}:{bits}", isWide ? 256 : 128);
            ulong value = (ulong)operand.Bits & (ulong.MaxValue >> (64 - bits));
            for (int lane = 0; lane < Warp.Lanes; lane++)
            {
                Write(at, isWide, lane, value);
            }

            return at;
        }

        return Place(operand.Name, isWide ? 256 : 128);
    }

    public int PredicateOffset(PtxOperand operand)
    {
        if (operand.Kind == PtxOperandKind.Immediate)
        {
            int at = Place($"?{operand.Bits}", 64);
            *(uint*)(Warp.Registers + at) = operand.Bits != 0 ? uint.MaxValue : 0;
            return at;
        }

        return Place(operand.Name, 64);
    }

    public void Set(string register, int bits, int lane, ulong value) => Write(Place(register, bits == 64 ? 256 : 128), bits == 64, lane, value);

    public ulong Get(string register, int bits, int lane)
    {
        byte* at = Warp.Registers + Place(register, bits == 64 ? 256 : 128);
        return bits == 64 ? ((ulong*)at)[lane] : ((uint*)at)[lane];
    }

    public uint GetPredicate(string register) => *(uint*)(Warp.Registers + Place(register, 64));

    public void SetPredicate(string register, uint value) => *(uint*)(Warp.Registers + Place(register, 64)) = value;

    public void Dispose()
    {
        NativeMemory.AlignedFree(Warp.Registers);
        Warp.Registers = null;
    }

    private void Write(int at, bool isWide, int lane, ulong value)
    {
        if (isWide)
        {
            ((ulong*)(Warp.Registers + at))[lane] = value;
        }
        else
        {
            ((uint*)(Warp.Registers + at))[lane] = (uint)value;
        }
    }

    private int Place(string name, int bytes)
    {
        if (!_offsets.TryGetValue(name, out int at))
        {
            at = _end;
            _end += bytes;
            _offsets.Add(name, at);
        }

        return at;
    }
}
