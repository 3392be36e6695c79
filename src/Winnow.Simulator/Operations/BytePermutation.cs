using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Winnow.Simulator.Execution;

namespace Winnow.Simulator.Operations;

/// <summary><c>prmt</c> with a selector that is known beforehand: each byte of the result is a byte of b:a, or its sign.</summary>
internal sealed unsafe class BytePermutation : Operation
{
    private readonly int _d;
    private readonly int _a;
    private readonly int _b;
    private readonly uint _signs;
    private readonly Vector256<byte> _fromA;
    private readonly Vector256<byte> _fromB;

    public BytePermutation(int d, int a, int b, uint selector)
    {
        _d = d;
        _a = a;
        _b = b;
        byte* fromA = stackalloc byte[32];
        byte* fromB = stackalloc byte[32];
        for (int i = 0; i < 32; i++)
        {
            int chosen = (int)(selector >> (i % 4 * 4)) & 15;
            int at = (i & 12) + (chosen & 3);
            fromA[i] = (chosen & 4) == 0 ? (byte)at : (byte)0x80;
            fromB[i] = (chosen & 4) != 0 ? (byte)at : (byte)0x80;
            _signs |= i < 4 && (chosen & 8) != 0 ? 0xFFu << (i * 8) : 0;
        }

        _fromA = Vector256.Load(fromA);
        _fromB = Vector256.Load(fromB);
    }

    /// <summary>The same for one lane.</summary>
    public static ulong Apply(ulong bytes, uint selector)
    {
        ulong result = 0;
        for (int i = 0; i < 4; i++)
        {
            int chosen = (int)(selector >> (i * 4)) & 15;
            ulong value = (bytes >> ((chosen & 7) * 8)) & 0xFF;
            result |= ((chosen & 8) == 0 ? value : (value >> 7) * 0xFF) << (i * 8);
        }

        return result;
    }

    [MethodImpl(Lane.Hot)]
    public override void Execute(Warp warp, uint lanes)
    {
        byte* registers = warp.Registers;
        for (int i = 0; i < sizeof(uint); i++, registers += Lane.Step)
        {
            Vector256<byte> a = Lane.Load<byte>(registers + _a);
            Vector256<byte> b = Lane.Load<byte>(registers + _b);
            Vector256<uint> value = (VectorMath.ShuffleWithin(a, _fromA) | VectorMath.ShuffleWithin(b, _fromB)).AsUInt32();
            if (_signs != 0)
            {
                Vector256<uint> signs = Vector256.LessThan(value.AsSByte(), Vector256<sbyte>.Zero).AsUInt32();
                value = Vector256.ConditionalSelect(Vector256.Create(_signs), signs, value);
            }

            Lane.Store(registers + _d, value, lanes, i);
        }
    }
}

/// <summary><c>prmt</c> whose selectors lie in a register.</summary>
internal readonly struct PermuteBytes : ITernary<uint>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Apply(Vector256<uint> a, Vector256<uint> b, Vector256<uint> c)
    {
        // Each of the four selectors comes to a byte of its own.
        Vector256<uint> selectors = c & Vector256.Create(0xFFFFu);
        selectors = (selectors | (selectors << 8)) & Vector256.Create(0x00FF00FFu);
        selectors = (selectors | (selectors << 4)) & Vector256.Create(0x0F0F0F0Fu);

        // The place of a byte within 16, and 0x80 where the byte comes from the other register.
        Vector256<uint> elements = Vector256.Create(0u, 0x04040404, 0x08080808, 0x0C0C0C0C, 0, 0x04040404, 0x08080808, 0x0C0C0C0C);
        Vector256<uint> places = (selectors & Vector256.Create(0x03030303u)) | elements;
        Vector256<uint> isOther = (selectors & Vector256.Create(0x04040404u)) << 5;
        Vector256<byte> fromA = (places | isOther).AsByte();
        Vector256<byte> fromB = (places | (isOther ^ Vector256.Create(0x80808080u))).AsByte();
        Vector256<byte> bytes = VectorMath.ShuffleWithin(a.AsByte(), fromA) | VectorMath.ShuffleWithin(b.AsByte(), fromB);
        Vector256<byte> signs = Vector256.LessThan(bytes.AsSByte(), Vector256<sbyte>.Zero).AsByte();
        Vector256<byte> isSign = Vector256.Equals((selectors & Vector256.Create(0x08080808u)).AsByte(), Vector256.Create((byte)8));
        return Vector256.ConditionalSelect(isSign, signs, bytes).AsUInt32();
    }
}
