using System;
using System.Collections.Generic;
using System.Globalization;
using System.Runtime.InteropServices;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Execution;

/// <summary>Lays out the register file of one function: a constant of all ones, then registers, immediates and special registers as they come up.</summary>
internal sealed class RegisterFile(PtxFunction function) : IRegisterMap
{
    /// <summary>The predicate that always holds.</summary>
    public const int Always = 0;

    private const int NarrowBytes = Warp.Lanes * sizeof(uint);
    private const int WideBytes = Warp.Lanes * sizeof(ulong);
    private const int FirstFree = 64;

    private readonly Dictionary<string, int> _registers = new(StringComparer.Ordinal);
    private readonly Dictionary<(ulong Bits, bool IsWide), int> _immediates = [];
    private readonly Dictionary<bool, int> _constantPredicates = [];
    private readonly List<SpecialRegister> _specials = [];
    private int _bytes = FirstFree;
    private int _temporaries;
    private int _predicates;
    private int _predicatesEnd;

    /// <summary>The special registers that the function reads.</summary>
    public IReadOnlyList<SpecialRegister> Specials => _specials;

    /// <inheritdoc/>
    public int Offset(PtxOperand operand, int bits) => operand.Kind switch
    {
        PtxOperandKind.Register => OfRegister(operand.Name, bits),
        PtxOperandKind.Immediate => OfImmediate(Convert(operand, bits), bits == 64),
        PtxOperandKind.Sink => Scratch(bits),
        _ => throw new ArgumentException($"{operand.Name} is not a register."),
    };

    /// <inheritdoc/>
    public int PredicateOffset(PtxOperand operand)
    {
        if (operand.Kind == PtxOperandKind.Immediate)
        {
            bool value = operand.Bits != 0;
            if (!_constantPredicates.TryGetValue(value, out int constant))
            {
                constant = value ? Always : NewPredicate();
                _constantPredicates.Add(value, constant);
            }

            return constant;
        }

        return PredicateOffset(operand.Name);
    }

    /// <summary>The byte offset of a predicate register.</summary>
    /// <param name="name">Its name.</param>
    public int PredicateOffset(string name)
    {
        if (!_registers.TryGetValue(name, out int offset))
        {
            offset = NewPredicate();
            _registers.Add(name, offset);
            if (name == SpecialRegisters.IsExplicitCluster && !function.Registers.ContainsKey(name))
            {
                _specials.Add(new SpecialRegister(name, offset, IsWide: false, IsPredicate: true));
            }
        }

        return offset;
    }

    /// <summary>The width that a register was declared with, bits; 32 for special registers, 64 for those that end in 64.</summary>
    /// <param name="name">Its name.</param>
    public int BitsOf(string name) => function.Registers.TryGetValue(name, out PtxRegister? register)
        ? register.Bits
        : name.EndsWith("64", StringComparison.Ordinal) || name is "%globaltimer" or "%gridid" ? 64 : 32;

    /// <summary>A register that no name leads to.</summary>
    /// <param name="bits">Its width.</param>
    public int Scratch(int bits) => Reserve(bits == 64 ? WideBytes : NarrowBytes);

    /// <summary>An operand of 32 bits that stands for a register that no other operand means.</summary>
    public PtxOperand NewTemporary()
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"%temporary {_temporaries++}");
        _registers.Add(name, Scratch(32));
        return new PtxOperand { Kind = PtxOperandKind.Register, Name = name };
    }

    /// <summary>A register file with its constants in place and zeros elsewhere.</summary>
    public byte[] ToTemplate()
    {
        byte[] template = new byte[(_bytes + 63) & -64];
        MemoryMarshal.Write(template.AsSpan(Always), uint.MaxValue);
        foreach (((ulong bits, bool isWide), int offset) in _immediates)
        {
            if (isWide)
            {
                MemoryMarshal.Cast<byte, ulong>(template.AsSpan(offset, WideBytes)).Fill(bits);
            }
            else
            {
                MemoryMarshal.Cast<byte, uint>(template.AsSpan(offset, NarrowBytes)).Fill((uint)bits);
            }
        }

        return template;
    }

    private static ulong Convert(PtxOperand operand, int bits)
    {
        if (operand.IsDouble && bits == 32)
        {
            return BitConverter.SingleToUInt32Bits((float)BitConverter.Int64BitsToDouble(operand.Bits));
        }

        if (operand.IsFloat && !operand.IsDouble && bits == 64)
        {
            return BitConverter.DoubleToUInt64Bits(BitConverter.Int32BitsToSingle((int)operand.Bits));
        }

        return bits == 64 ? (ulong)operand.Bits : (ulong)operand.Bits & ((1ul << bits) - 1);
    }

    private int OfRegister(string name, int bits)
    {
        bool isWide = bits == 64;
        string key = name;
        if (function.Registers.TryGetValue(name, out PtxRegister? register))
        {
            if ((register.Bits == 64) != isWide || register.IsPredicate)
            {
                throw new ArgumentException($"{name} is a register of {register.Bits} bits where {bits} are expected.");
            }
        }
        else
        {
            key = isWide ? name + " in 64 bits" : name;
        }

        if (!_registers.TryGetValue(key, out int offset))
        {
            offset = Scratch(bits);
            _registers.Add(key, offset);
            if (register is null)
            {
                _specials.Add(new SpecialRegister(name, offset, isWide));
            }
        }

        return offset;
    }

    private int OfImmediate(ulong value, bool isWide)
    {
        if (!_immediates.TryGetValue((value, isWide), out int offset))
        {
            offset = Reserve(isWide ? WideBytes : NarrowBytes);
            _immediates.Add((value, isWide), offset);
        }

        return offset;
    }

    private int NewPredicate()
    {
        if (_predicates == _predicatesEnd)
        {
            _predicates = Reserve(64);
            _predicatesEnd = _predicates + 64;
        }

        _predicates += sizeof(uint);
        return _predicates - sizeof(uint);
    }

    private int Reserve(int bytes)
    {
        int offset = _bytes;
        _bytes += bytes;
        return offset;
    }
}
