using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
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

    public override void Execute(Warp warp, uint lanes)
    {
        byte* registers = warp.Registers;
        for (int i = 0; i < sizeof(uint); i++, registers += Lane.Step)
        {
            Vector256<byte> a = Lane.Load<byte>(registers + _a);
            Vector256<byte> b = Lane.Load<byte>(registers + _b);
            Vector256<uint> value = (Choose(a, _fromA) | Choose(b, _fromB)).AsUInt32();
            if (_signs != 0)
            {
                Vector256<uint> signs = Vector256.LessThan(value.AsSByte(), Vector256<sbyte>.Zero).AsUInt32();
                value = Vector256.ConditionalSelect(Vector256.Create(_signs), signs, value);
            }

            Lane.Store(registers + _d, value, lanes, i);
        }
    }

    // Places stay within 16 bytes, so shuffling both halves apart is enough; a place of 0x80 gives 0.
    private static Vector256<byte> Choose(Vector256<byte> bytes, Vector256<byte> places) => Avx2.IsSupported
        ? Avx2.Shuffle(bytes, places)
        : Vector256.Create(Vector128.Shuffle(bytes.GetLower(), places.GetLower()), Vector128.Shuffle(bytes.GetUpper(), places.GetUpper()));
}
